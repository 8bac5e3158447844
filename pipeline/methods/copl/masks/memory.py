"""How much memory a training step on masks takes; without torch, so that a recipe can be judged by it.

Weights, what is read of the store and what the optimiser keeps are not among the counts. The head computes in float32, whatever
the towers do. Dims: L tokens and C width of a stage's map, W channels of the head, s side of a level, S of a mask.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.methods.copl.counts import is_pooled, learned
from pipeline.methods.copl.masks.config import LEVELS, MasksOptions
from pipeline.methods.copl.masks.counts import head_numbers
from pipeline.methods.copl.masks.pyramid import ends, stages_read
from pipeline.methods.copl.memory import towers_bytes
from pipeline.methods.copl.places import alike

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import TowerShape

FLOAT = 4
"""Bytes a number of what the head computes."""


def step_bytes(
    options: MasksOptions, visual: "TowerShape", audio: "TowerShape", segments: int, clips: int, itemsize: int = 4
) -> int:
    """Count the bytes at the peak of a step, or of one part of it where `accumulate` cuts it into several.

    The backward pass begins with all that was kept, in the largest maps of the head; then it goes through the towers, where the
    gradients of the maps that the head has read wait for their stage.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
        segments: T.
        clips: that are run at once.
        itemsize: bytes a number of what the towers compute.
    """
    rows, head = clips * segments, _Head(options, visual, audio)
    parts = learned(options, visual, audio, segments)
    gone = 4 * (sum(head_numbers(options, visual, audio).values()) + parts.get("alignment", 0))
    every = gone + 4 * sum(count for name, count in parts.items() if name != "alignment")
    below, tops = towers_bytes(options, visual, audio, segments, clips, itemsize)
    kept = below + rows * (itemsize * head.read() + FLOAT * head.kept())
    waiting = rows * itemsize * head.waiting()
    return max(
        kept + rows * FLOAT * head.passing(),
        below + gone + waiting,
        *(top + waiting + (gone if number == len(tops) else every) for number, top in enumerate(tops, 1)),
    )


def kept_bytes(
    options: MasksOptions, visual: "TowerShape", audio: "TowerShape", segments: int, clips: int, itemsize: int = 4
) -> int:
    """Count the bytes that the forward pass keeps for the backward one; arguments as of `step_bytes`."""
    rows, head = clips * segments, _Head(options, visual, audio)
    below, _ = towers_bytes(options, visual, audio, segments, clips, itemsize)
    return below + rows * (itemsize * head.read() + FLOAT * head.kept())


@dataclass(frozen=True)
class _Head:
    """Numbers of one second."""

    options: MasksOptions
    visual: "TowerShape"
    audio: "TowerShape"

    def read(self) -> int:
        """The maps that are made in the step, and the tokens that are compared or heard."""
        options = self.options
        compared = options.has_consistency and not is_pooled(options, alike(self.visual, self.audio))
        last = self.visual.tokens * self.visual.width
        # With checkpointing the tower keeps what enters every step, and these are the same.
        own = 0 if options.checkpointing else self.waiting()
        return last + compared * self.audio.tokens * self.audio.width + own

    def waiting(self) -> int:
        """Maps of earlier stages that are run, not stored."""
        if self.options.variant != "paper" or self.options.rung == "none":
            return 0
        blocks = (self.visual.blocks[ends(self.visual)[stage]] for stage in {*stages_read(self.options, self.visual)})
        return sum(block.tokens * block.width for block in blocks) - self.visual.tokens * self.visual.width

    def kept(self) -> int:
        """What the head keeps: its levels, TPAVI, the joining, and the answer with its loss."""
        head, width = self.options.head, self.options.head.width
        kept = (self.audio.width + head.audio_width) * bool(head.tpavi)
        for level, (into, side) in enumerate(zip(head.level_widths, head.sides, strict=True)):
            places = side**2
            kept += into * places
            kept += places * (4 * width + 2) if level in head.tpavi else 0
            kept += places * width * (4 if level < LEVELS - 1 else 2)
            kept += places * (2 * width + 1) if head.masked_av and level in head.masked_av_levels else 0
        half, whole = (head.size // 2) ** 2, head.size**2
        return kept + width * half + whole * (width // 2 + width // 8 + 3)

    def passing(self) -> int:
        """What passes in the backward pass of the answer's second convolution, which is the widest of all.

        By then the loss and what the last convolution read have gone, and the gradient of what it read is there instead.
        """
        return self.options.head.size**2 * (self.options.head.width // 2 - 3)
