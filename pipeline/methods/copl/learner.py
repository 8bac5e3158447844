"""What the training loop is given: CoPL and a head, batches of clips, and a loss (Eq. 11).

Dims: B clips, T segments, K classes and one more, background.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.encoders.stepped.base import SteppedTower
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.heads.events import EventsHead
from pipeline.methods.copl.task_learner import Rows, TaskLearner, drawing
from pipeline.methods.copl.towered import Towered


@dataclass(frozen=True)
class AvBatch:
    """Clips to learn from, or to judge.

    Attributes:
        visual: (B, T, ...), what `places.reads` says that is read of the visual tower: a tensor; of `parallel`, and where there
            is no prompt, a sequence of them, one a block. Rows as the tower enters them always do.
        audio: of the audio tower.
        labels: int64 (B, T); background is K.
    """

    visual: Rows
    audio: Rows
    labels: Tensor


class EventsLearner(TaskLearner):
    """L = L_task + lambda L_con (Eq. 11) of audio-visual events."""

    def __init__(
        self, options: CoplOptions, visual: SteppedTower, audio: SteppedTower, segments: int, classes: int, seed: int
    ):
        """Draw the start values; equal seeds make equal ones.

        Args:
            options: of the method; the rung `none` is the head on frozen towers.
            visual: frozen.
            audio: frozen; the same object where one tower serves both sides.
            segments: T.
            classes: K + 1, background last.
            seed: of what is drawn.

        Raises:
            CoplError: the options do not fit the towers.
        """
        super().__init__(options, visual, audio, segments, seed)
        with drawing(seed):
            self.head = EventsHead(options.head, visual.shape.width, audio.shape.width, classes)
        self.to(visual.device)

    def forward(self, batch: AvBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and its parts: `loss`, `task`, and `consistency` where there is one."""
        towered = self.towered(batch)
        task = self.head.loss(self.head(towered), batch.labels)
        return self.whole(task, {"task": task}, towered.consistency)

    def towered(self, batch: AvBatch) -> Towered:
        """Tokens of both sides."""
        return self.prompts(batch.visual, batch.audio, self.start, maps=False)

    @torch.no_grad()
    def answers(self, batch: AvBatch) -> Tensor:
        """Probabilities (B, T, K + 1) of every segment."""
        return self.head(self.towered(batch)).softmax(-1)

    def entries(self, batch: AvBatch) -> list[tuple[Tensor, Tensor]]:
        """What each side takes of the bank: e_v and e_a (B, T, q) of every pair that interacts, first to last; each sums to 1.

        Empty where there is no bank. They tell what one side says to the other, and that is all it says (Eq. 6 to 9).
        """
        return self.taken(lambda: self.towered(batch), len(batch.labels))
