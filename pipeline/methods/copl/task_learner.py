"""What the learners of all tasks are: CoPL in one of its variants beside a head, and the loss of Eq. 11.

Dims: B clips, T segments, q entries of the bank.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pipeline.encoders.stepped.base import SteppedTower
from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.coupling import SIDES, Coupling
from pipeline.methods.copl.model import Copl
from pipeline.methods.copl.parallel import Parallel

Rows = Tensor | Sequence[Tensor]
Loss = tuple[Tensor, dict[str, Tensor]]


class TaskLearner(nn.Module):
    """Its parts are `prompts` and, of a task, `head`, each with its own rate."""

    def __init__(self, options: PromptOptions, visual: SteppedTower, audio: SteppedTower, segments: int, seed: int):
        """Draw the start values of prompts; equal seeds make equal ones.

        Args:
            options: of the method; the rung `none` is the head on frozen towers.
            visual: frozen.
            audio: frozen; the same object where one tower serves both sides.
            segments: T.
            seed: of what is drawn.

        Raises:
            CoplError: the options do not fit the towers.
        """
        super().__init__()
        self._options, self._towers = options, (visual, audio)
        kind = Parallel if options.variant == "parallel" or options.rung == "none" else Copl
        self.prompts = kind(options, visual, audio, segments, seed)
        self.start = self.prompts.places.first if options.variant == "late" else 0

    def whole(self, loss: Tensor, parts: Mapping[str, Tensor], consistency: Tensor) -> Loss:
        """L = L_task + lambda L_con (Eq. 11), and what is written down of it: `loss`, its parts without their weights.

        Args:
            loss: L_task.
            parts: of it, by name.
            consistency: L_con.
        """
        told = {name: part.detach() for name, part in parts.items()}
        if self._options.has_consistency:
            loss = loss + self._options.consistency * consistency
            told["consistency"] = consistency.detach()
        return loss, {"loss": loss.detach(), **told}

    @torch.no_grad()
    def taken(self, run: Callable[[], object], clips: int) -> list[tuple[Tensor, Tensor]]:
        """What each side takes of the bank while something is run: e_v and e_a (B, T, q) of every pair that interacts.

        Args:
            run: what runs both towers, once.
            clips: B.
        """
        found: list[tuple[Tensor, Tensor]] = []

        def keep(coupling: nn.Module, tokens: tuple[Tensor, Tensor]) -> None:
            assert isinstance(coupling, Coupling)
            mine, other = (
                coupling.weights(side, z).unflatten(0, (clips, -1)) for side, z in zip(SIDES, tokens, strict=True)
            )
            found.append((mine, other))

        there = [each for each in self.modules() if isinstance(each, Coupling) and self._options.has_bank]
        hooks = [each.register_forward_pre_hook(keep) for each in there]
        try:
            run()
        finally:
            for hook in hooks:
                hook.remove()
        return found

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Without gradients, and with what normalisation learned instead of what a batch has; afterwards as before."""
        was = self.training
        self.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.train(was)


@contextmanager
def drawing(seed: int) -> Iterator[None]:
    """What is drawn inside comes from a seed, and leaves the generator as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
