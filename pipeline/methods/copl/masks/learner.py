"""What the training loop is given to learn masks of sounding objects: CoPL and AVSBench's decoder (Eq. 11).

Dims: B clips, T segments, S side of a mask, L tokens, C width of a tower.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from pipeline.encoders.stepped.base import SteppedTower
from pipeline.methods.copl.errors import CoplError
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.head import MasksHead
from pipeline.methods.copl.masks.maps import Maps
from pipeline.methods.copl.task_learner import Loss, Rows, TaskLearner, drawing
from pipeline.methods.copl.towered import Towered

NOT_GIVEN = 255
"""In the place of a pixel of a mask that nobody published."""


@dataclass(frozen=True)
class MaskBatch:
    """Clips to learn from, or to judge.

    Attributes:
        visual: (B, T, ...), what `pyramid.mask_reads` says that is read of the visual tower: a sequence of tensors in its order,
            or the tensor itself where there is one. Rows as the tower enters them always do.
        audio: of the audio tower.
        masks: uint8 (B, T, S, S): 1 where the sounding object is, 0 elsewhere, 255 all over a second without a mask.
    """

    visual: Rows
    audio: Rows
    masks: Tensor


class MasksLearner(TaskLearner):
    """L = BCE + weight x masked audio-visual loss + lambda L_con (Eq. 11)."""

    def __init__(self, options: MasksOptions, visual: SteppedTower, audio: SteppedTower, segments: int, seed: int):
        """Draw the start values; equal seeds make equal ones.

        Args:
            options: of the method; the rung `none` is the head on frozen towers.
            visual: frozen.
            audio: frozen; the same object where one tower serves both sides.
            segments: T.
            seed: of what is drawn.

        Raises:
            CoplError: the options do not fit the towers.
        """
        super().__init__(options, visual, audio, segments, seed)
        self._own, self._maps = options, Maps(options, visual, audio, self.prompts)
        with drawing(seed):
            self.head = MasksHead(options.head, self._maps.blocks, audio.shape.width)
        self.to(visual.device)

    def forward(self, batch: MaskBatch) -> Loss:
        """The loss, and its parts: `loss`, `task`, and `masked-av` and `consistency` where there are any.

        Raises:
            CoplError: the masks are of another size.
        """
        towered, maps = self.towered(batch)
        logits, masked_av = self.head(maps, towered.audio)
        loss = self.bce(logits, batch.masks)
        parts = {"task": loss}
        if self._own.head.masked_av:
            # A sum over the frames of a step, as published; the loop averages the parts that a step is run in.
            parts["masked-av"] = self._own.accumulate * masked_av
            loss = loss + self._own.head.masked_av * parts["masked-av"]
        return self.whole(loss, parts, towered.consistency)

    def towered(self, batch: MaskBatch) -> tuple[Towered, Sequence[Tensor]]:
        """Tokens of both sides, and of every level of the head its stage's map (B, T, L, C)."""
        return self._maps.made(batch.visual, batch.audio, self.start)

    def answers(self, batch: MaskBatch) -> Tensor:
        """Probabilities (B, T, S, S) of every pixel; the masks are not read."""
        with self.answering():
            towered, maps = self.towered(batch)
            logits: Tensor = self.head(maps, towered.audio)[0]
            return logits.sigmoid()

    def entries(self, batch: MaskBatch) -> list[tuple[Tensor, Tensor]]:
        """What each side takes of the bank, see `EventsLearner.entries`."""
        return self.taken(lambda: self.towered(batch), len(batch.masks))

    def bce(self, logits: Tensor, masks: Tensor) -> Tensor:
        """Binary cross entropy, a mean over all pixels of the masks that are learned from; 0 where there are none.

        Args:
            logits: (B, T, S, S).
            masks: uint8, see `MaskBatch`.

        Raises:
            CoplError: the masks are of another size.
        """
        if masks.shape != logits.shape:
            raise CoplError(
                f"copl: masks of (clips, segments, side, side) {tuple(masks.shape)} were given, and the head makes "
                f"{tuple(logits.shape)}. Store masks of {logits.shape[-1]} pixels a side, or write head: {{size: "
                f"{masks.shape[-1]}}}"
            )
        given = masks != NOT_GIVEN
        if self._own.head.frames == "first":
            given = given & (torch.arange(masks.shape[1], device=masks.device) == 0)[:, None, None]
        wanted = torch.where(given, masks, 0).to(logits.dtype)
        losses = F.binary_cross_entropy_with_logits(logits, wanted, given.to(logits.dtype), reduction="sum")
        return losses / given.sum().clamp(min=1)
