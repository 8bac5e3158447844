"""How much memory a training step of CoPL takes; without torch, so that a recipe can be judged by it.

Weights, biases by position and what the optimiser keeps are not among the counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.methods.copl.block_memory import block_numbers, merging_numbers, passing_numbers
from pipeline.methods.copl.config import CoplOptions, PromptOptions
from pipeline.methods.copl.counts import head_numbers, is_pooled, learned
from pipeline.methods.copl.places import Places, Step, alike, places_of, prompts_of

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape


def step_bytes(
    options: CoplOptions,
    visual: "TowerShape",
    audio: "TowerShape",
    segments: int,
    clips: int,
    classes: int = 29,
    itemsize: int = 4,
) -> int:
    """Count the bytes at the peak of a step, or of one part of it where `accumulate` cuts it into several.

    These are what the forward pass keeps, what the backward pass makes of the block it is in, and the gradients of all that is
    learned. Kept are, with checkpointing, what enters every step and all of the step that is made again.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
        segments: T.
        clips: that are run at once: `batch` / `accumulate`.
        classes: answers, background among them.
        itemsize: bytes a number of activations; gradients have 4.
    """
    rows = clips * segments * itemsize
    parts = learned(options, visual, audio, segments)
    gone = 4 * (head_numbers(options.head, visual.width, audio.width, classes) + parts.get("alignment", 0))
    every = gone + 4 * sum(count for name, count in parts.items() if name != "alignment")
    kept = kept_bytes(options, visual, audio, segments, clips, classes, itemsize)
    if options.variant == "parallel" or options.rung == "none":
        passing = rows * sum(shape.tokens * shape.width for shape in (visual, audio))
        if options.rung == "none":
            return max(kept + every, passing)
        return max(kept + gone + passing, kept // options.last + every)
    run = _Run.of(options, visual, audio, segments)
    tops = [rows * (top + passing) for top, passing in run.tops()]
    # At the last step only what answers has its gradients, at the others more and more of the rest.
    return max(kept + gone, tops[-1] + gone, *(top + every for top in tops[:-1]))


def kept_bytes(
    options: CoplOptions,
    visual: "TowerShape",
    audio: "TowerShape",
    segments: int,
    clips: int,
    classes: int = 29,
    itemsize: int = 4,
) -> int:
    """Count the bytes that the forward pass keeps for the backward one.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
        segments: T.
        clips: that are run at once.
        classes: answers, background among them.
        itemsize: bytes a number.
    """
    rows = clips * segments * itemsize
    answering = visual.width + audio.width + options.head.hidden + 4 * classes
    if options.rung == "none":
        return rows * answering
    if options.variant == "parallel":
        places = places_of(options, visual, audio)
        return rows * (_parallel(options, places, visual, audio, segments) + answering)
    run = _Run.of(options, visual, audio, segments)
    return rows * (sum(run.held()) + run.ends() + answering)


def towers_bytes(
    options: PromptOptions, visual: "TowerShape", audio: "TowerShape", segments: int, clips: int, itemsize: int = 4
) -> tuple[int, tuple[int, ...]]:
    """Count what a step takes below the tokens that a head is given, so that other heads can be put on top.

    Returns:
        What the forward pass keeps, those tokens left out; and how much there is when the backward pass is in each step with
        prompts, first to last; of `parallel` in the first and last pair that is read. The frozen towers alone take nothing.
    """
    rows = clips * segments * itemsize
    if options.rung == "none":
        return 0, ()
    if options.variant == "parallel":
        tokens = sum(shape.tokens * shape.width for shape in (visual, audio))
        kept = _parallel(options, places_of(options, visual, audio), visual, audio, segments)
        kept -= _compares(options, visual, audio) * tokens
        return rows * kept, (rows * kept // options.last, rows * (kept + tokens))
    run = _Run.of(options, visual, audio, segments)
    normed = sum(shape.tokens * (shape.width + 2) for shape in (visual, audio))
    return rows * (sum(run.held()) + normed), tuple(rows * (top + passing) for top, passing in run.tops())


@dataclass(frozen=True)
class _Run:
    """Numbers that one row of both sides keeps, step by step."""

    options: PromptOptions
    visual: "TowerShape"
    audio: "TowerShape"
    places: Places
    prompts: tuple[Mapping[int, int], Mapping[int, int]]

    @classmethod
    def of(cls, options: PromptOptions, visual: "TowerShape", audio: "TowerShape", segments: int) -> "_Run":
        places = places_of(options, visual, audio)
        return cls(options, visual, audio, places, prompts_of(options, places, segments))

    def held(self) -> list[int]:
        """What the forward pass keeps of every step from the first prompt on."""
        if self.options.checkpointing:
            return [self._entering(number) for number in range(self.places.first, len(self.places.steps))]
        return [self._inside(step) for step in self.places.steps[self.places.first :]]

    def tops(self) -> list[tuple[int, int]]:
        """For every step (what is kept when the backward pass comes to it, what passes in it)."""
        held, steps = self.held(), self.places.steps[self.places.first :]
        again = [self._inside(step) if self.options.checkpointing else 0 for step in steps]
        return [(sum(held[: i + 1]) + again[i], self._passing(step)) for i, step in enumerate(steps)]

    def _inside(self, step: Step) -> int:
        kept = 0
        for shape, block, prompts in zip(
            (self.visual, self.audio), (step.visual, step.audio), self.prompts, strict=True
        ):
            if block is None or not prompts or block < min(prompts):
                continue  # below the first prompt there is no gradient
            learns = block > min(prompts)  # whether one reaches what enters
            kept += block_numbers(shape, shape.blocks[block], prompts.get(block, 0), learns)
            if learns and block in shape.starts[1:]:
                kept += merging_numbers(shape, shape.blocks[block])
        return kept + (self._coupling(step) if step.interacts else 0)

    def _entering(self, number: int) -> int:
        """Tokens that a step is given, not yet merged."""
        total = 0
        for shape, block in zip((self.visual, self.audio), self.places.starts(number), strict=True):
            held = shape.blocks[block if number == self.places.first else max(block - 1, 0)]
            total += held.tokens * held.width
        return total

    def _passing(self, step: Step) -> int:
        sides = [
            passing_numbers(shape, shape.blocks[block], prompts.get(block, 0))
            for shape, block, prompts in zip(
                (self.visual, self.audio), (step.visual, step.audio), self.prompts, strict=True
            )
            if block is not None
        ]
        return sum(sides) if alike(self.visual, self.audio) else max(sides)  # one batch, or one after the other

    def ends(self) -> int:
        """The final norm's input, and both sides of Eq. 10."""
        maps = [(shape.tokens, shape.width) for shape in (self.visual, self.audio)]
        compared = _compares(self.options, self.visual, self.audio)
        return sum(tokens * (width * (1 + compared) + 2) for tokens, width in maps)

    def _coupling(self, step: Step) -> int:
        kept = 0
        for shape, number in ((self.visual, step.visual), (self.audio, step.audio)):
            if number is not None:
                block = shape.blocks[number]
                shared = shape.kind != "swin-v2" and self.visual != self.audio  # the block's own norm keeps them, too
                kept += _of_coupling(self.options, block.tokens, block.width, shared)
        return kept


def _of_coupling(options: PromptOptions, tokens: int, width: int, shared: bool) -> int:
    """One side of a pair: its tokens, their weights, an entry and what F makes of it."""
    entry = options.interaction_prompts * (width + options.bottleneck)
    if not options.has_bank:
        return 0
    return (not shared) * tokens * width + options.latents * (tokens + width) + options.bank + entry


def _parallel(options: PromptOptions, places: Places, visual: "TowerShape", audio: "TowerShape", segments: int) -> int:
    own = options.side_width
    framed = 0 if not options.has_frame_prompts else segments if options.frame_prompts == "all" else 1
    prompts, sent = options.global_prompts + framed, 2 * options.interaction_prompts * options.has_interaction
    kept = 0
    for shape, side in ((visual, 0), (audio, 1)):
        for pair in places.pairs:
            block = shape.blocks[pair[side]]
            kept += block.tokens * (block.width + own + prompts)
            reads = 2 + options.has_interaction  # as queries, and into the bottleneck
            kept += prompts * (reads * own + options.bottleneck + sent) + sent * own
            kept += _of_coupling(options, prompts, own, True) if options.has_interaction else 0
        kept += shape.tokens * (prompts + own) + prompts * own
        kept += _compares(options, visual, audio) * shape.tokens * shape.width
    return kept


def _compares(options: PromptOptions, visual: "TowerShape", audio: "TowerShape") -> bool:
    """Whether Eq. 10 keeps the tokens of both sides."""
    return options.has_consistency and not is_pooled(options, alike(visual, audio))
