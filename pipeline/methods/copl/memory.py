"""How much memory a training step of CoPL keeps for its backward pass; without torch, so that a recipe can be judged by it.

Weights, biases by position and what the optimiser has are not among the counts. Dims: n rows, L tokens, C width, h heads, w windows,
p prompts of a block, r ratio of its MLP, b latents, w' side width.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.counts import is_pooled
from pipeline.methods.copl.places import Places, Step, alike, places_of, prompts_of

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import BlockShape, TowerShape


def step_bytes(
    options: CoplOptions, visual: "TowerShape", audio: "TowerShape", segments: int, clips: int, itemsize: int = 4
) -> int:
    """Count the bytes that a step keeps, or one part of it where `accumulate` cuts it into several.

    With checkpointing these are what enters every step, and all of the largest step, which is made again.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
        segments: T.
        clips: that are run at once: `batch` / `accumulate`.
        itemsize: bytes a number.
    """
    rows = clips * segments * itemsize
    if options.rung == "none":
        return rows * (visual.width + audio.width)
    places = places_of(options, visual, audio)
    if options.variant == "parallel":
        return rows * _parallel(options, places, visual, audio, segments)
    run = _Run(options, visual, audio, places, prompts_of(options, places, segments))
    first = places.first if options.variant == "late" or options.checkpointing else 0
    steps = [run.step(number, step) for number, step in enumerate(places.steps[first:], first)]
    ends = run.ends()
    if options.checkpointing:
        entering = sum(run.entering(number) for number in range(first, len(places.steps)))
        return rows * (entering + max(steps) + ends)
    return rows * (sum(steps) + ends)


@dataclass(frozen=True)
class _Run:
    """Numbers that one row of both sides keeps, step by step."""

    options: CoplOptions
    visual: "TowerShape"
    audio: "TowerShape"
    places: Places
    prompts: tuple[Mapping[int, int], Mapping[int, int]]

    def step(self, number: int, step: Step) -> int:
        kept = 0
        for shape, block, prompts in zip((self.visual, self.audio), (step.visual, step.audio), self.prompts, strict=True):
            if block is None or not prompts or block < min(prompts):
                continue  # below the first prompt there is no gradient
            learns = block > min(prompts)  # whether one reaches what enters
            kept += _block(shape, shape.blocks[block], prompts.get(block, 0), learns)
            if learns and block in shape.starts[1:]:
                kept += _merging(shape, shape.blocks[block])
        return kept + (self._coupling(step) if step.interacts else 0)

    def entering(self, number: int) -> int:
        """Numbers of the tokens that a step is given, not yet merged."""
        total = 0
        for shape, block in zip((self.visual, self.audio), self.places.starts(number), strict=True):
            is_first = number == self.places.first
            held = shape.blocks[block if is_first else max(block - 1, 0)]
            total += held.tokens * held.width
        return total

    def ends(self) -> int:
        """The final norm's input, and both sides of Eq. 10."""
        maps = [(shape.tokens, shape.width) for shape in (self.visual, self.audio)]
        compared = self.options.has_consistency and not is_pooled(self.options, alike(self.visual, self.audio))
        return sum(tokens * (width * (1 + compared) + 2) for tokens, width in maps)

    def _coupling(self, step: Step) -> int:
        kept = 0
        for shape, number in ((self.visual, step.visual), (self.audio, step.audio)):
            if number is not None:
                block = shape.blocks[number]
                shared = shape.kind != "swin-v2" and self.visual != self.audio  # the block's own norm keeps them, too
                kept += _of_coupling(self.options, block.tokens, block.width, shared)
        return kept


def _block(shape: "TowerShape", block: "BlockShape", prompts: int, learns: bool) -> int:
    """One block of one row; `learns` says whether a gradient reaches its tokens or its prompts only.

    Queries, keys and values, keys and values with the prompts of every window, attention's output, the inputs of both norms and of
    the activation. Swin-V2 normalises queries and keys, and keeps what they were and their norms; its norms come last.
    """
    tokens, width, heads = block.tokens, block.width, block.heads
    joined = 2 * (tokens + block.windows * prompts) * width if prompts or shape.kind == "swin-v2" else 0
    rest = tokens * (width * (1 + 2 + shape.mlp_ratio) + 4 + heads)  # attention's output, norms, activation
    if shape.kind == "swin-v2":
        apart = tokens * width  # queries
        before = learns * tokens * (3 * width + 4 * heads) + prompts * (2 * width + 2 * heads)
    else:
        apart = tokens * width * (3 if shape.kind == "vit" or not joined else 1)
        before = prompts * (width + 2) - (not learns) * tokens * (width + 2)
    return round(joined + rest + apart + before)


def _merging(shape: "TowerShape", block: "BlockShape") -> int:
    """The norm's input where patches are merged: HTS-AT's norm comes before the map, on twice the width."""
    return block.tokens * ((1 if shape.kind == "swin-v2" else 2) * block.width + 2)


def _of_coupling(options: CoplOptions, tokens: int, width: int, shared: bool) -> int:
    """One side of a pair: its tokens, their weights, an entry and what F makes of it."""
    entry = options.interaction_prompts * (width + options.bottleneck)
    if not options.has_bank:
        return 0
    return (not shared) * tokens * width + options.latents * (tokens + width) + options.bank + entry


def _parallel(
    options: CoplOptions, places: Places, visual: "TowerShape", audio: "TowerShape", segments: int
) -> int:
    own = options.side_width
    framed = 0 if not options.has_frame_prompts else segments if options.frame_prompts == "all" else 1
    prompts, sent = options.global_prompts + framed, 2 * options.interaction_prompts * options.has_interaction
    kept = 0
    for shape, side in ((visual, 0), (audio, 1)):
        for pair in places.pairs:
            block = shape.blocks[pair[side]]
            kept += block.tokens * (block.width + own + prompts)
            kept += prompts * (3 * own + options.bottleneck + sent) + sent * own
            kept += _of_coupling(options, prompts, own, True) if options.has_interaction else 0
        kept += shape.tokens * (prompts + own)
        compared = options.has_consistency and not is_pooled(options, alike(visual, audio))
        kept += compared * shape.tokens * shape.width
    return kept
