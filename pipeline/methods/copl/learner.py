"""What the training loop is given: CoPL and a head, batches of clips, and a loss (Eq. 11).

Dims: B clips, T segments, K classes and one more, background.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline.encoders.stepped.base import SteppedTower
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.coupling import SIDES, Coupling
from pipeline.methods.copl.heads.events import EventsHead
from pipeline.methods.copl.model import Copl
from pipeline.methods.copl.parallel import Parallel
from pipeline.methods.copl.towered import Towered

Rows = Tensor | Sequence[Tensor]


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


class EventsLearner(nn.Module):
    """L = L_task + lambda L_con (Eq. 11) of audio-visual events. Its parts are `prompts` and `head`, each with its own rate."""

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
        super().__init__()
        self._options = options
        kind = Parallel if options.variant == "parallel" or options.rung == "none" else Copl
        self.prompts = kind(options, visual, audio, segments, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = EventsHead(options.head, visual.shape.width, audio.shape.width, classes)
        self.start = self.prompts.places.first if options.variant == "late" else 0
        self.to(visual.device)

    def forward(self, batch: AvBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and its parts: `loss`, `task`, and `consistency` where there is one."""
        towered = self.towered(batch)
        task = self.head.loss(self.head(towered), batch.labels)
        if not self._options.has_consistency:
            return task, {"loss": task.detach(), "task": task.detach()}
        loss = task + self._options.consistency * towered.consistency
        return loss, {
            "loss": loss.detach(), "task": task.detach(), "consistency": towered.consistency.detach(),
        }  # fmt: skip

    def towered(self, batch: AvBatch) -> Towered:
        """Tokens of both sides."""
        return self.prompts(batch.visual, batch.audio, self.start, maps=False)

    @torch.no_grad()
    def answers(self, batch: AvBatch) -> Tensor:
        """Probabilities (B, T, K + 1) of every segment."""
        return self.head(self.towered(batch)).softmax(-1)

    @torch.no_grad()
    def entries(self, batch: AvBatch) -> list[tuple[Tensor, Tensor]]:
        """What each side takes of the bank: e_v and e_a (B, T, q) of every pair that interacts, first to last; each sums to 1.

        Empty where there is no bank. They tell what one side says to the other, and that is all it says (Eq. 6 to 9).
        """
        found: list[tuple[Tensor, Tensor]] = []
        shape = batch.labels.shape

        def keep(coupling: nn.Module, tokens: tuple[Tensor, Tensor]) -> None:
            assert isinstance(coupling, Coupling)
            mine, other = (coupling.weights(side, z).unflatten(0, shape) for side, z in zip(SIDES, tokens, strict=True))
            found.append((mine, other))

        there = [each for each in self.modules() if isinstance(each, Coupling) and self._options.has_bank]
        hooks = [each.register_forward_pre_hook(keep) for each in there]
        try:
            self.towered(batch)
        finally:
            for hook in hooks:
                hook.remove()
        return found
