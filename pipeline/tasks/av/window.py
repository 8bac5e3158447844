"""Windows of decoded clips through a learned method. Dims: B windows, T segments of a window."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.caching.needs import Need
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.load import load_encoder
from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.learner import Rows
from pipeline.tasks.av.sources import Form, needs_of, reads_several
from pipeline.tasks.av.towers import ROLES, Towers

Window = Mapping[str, np.ndarray]
"""Role -> frames, or spectrograms (T, ...)."""


@dataclass(frozen=True)
class Reader:
    """A learned method that reads windows.

    Attributes:
        answer: what it says (B, T, ...) of visual and audio rows.
        needs: role -> what it reads of a window.
        encoders: of the roles whose towers are run up to a cut first.
        several: see `reads_several`.
        batch: windows that are read at once.
        device: where the towers run.
    """

    answer: Callable[[Rows, Rows], Tensor]
    needs: Mapping[str, Sequence[Need]]
    encoders: Mapping[str, Encoder]
    several: bool
    batch: int
    device: torch.device

    def __call__(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """What is said of each window (T, ...)."""
        return list(self.one_by_one(windows))

    def one_by_one(self, windows: Sequence[Window]) -> Iterator[NDArray[np.float32]]:
        """The same, one after the other."""
        for start in range(0, len(windows), self.batch):
            visual, audio = self.rows(windows[start : start + self.batch])
            yield from self.answer(visual, audio).float().cpu().numpy()

    def rows(self, windows: Sequence[Window]) -> tuple[Rows, Rows]:
        """What the method reads of windows."""
        visual, audio = (self._rows(role, windows) for role in ROLES)
        return visual, audio

    def _rows(self, role: str, windows: Sequence[Window]) -> Rows:
        stacked = np.stack([window[role] for window in windows])
        found = [self._at(role, need, stacked).to(self.device) for need in self.needs[role]]
        return found if self.several or len(found) > 1 else found[0]

    def _at(self, role: str, need: Need, rows: np.ndarray) -> torch.Tensor:
        if need.card is None:
            return torch.from_numpy(rows)
        lowered = self.encoders[role].media.lower(rows.reshape(-1, *rows.shape[2:]), need.cut)["activations"]
        return lowered.unflatten(0, rows.shape[:2])


def reader_of(
    answer: Callable[[Rows, Rows], Tensor], options: PromptOptions, towers: Towers, form: Form, device: torch.device,
    compute: str, needs: Mapping[str, Sequence[Need]] | None = None,
) -> Reader:  # fmt: skip
    """A learned method, with its towers up to the cuts that it reads.

    Args:
        answer: see `Reader`.
        options: of the method.
        towers: that it stands on.
        form: how clips are read.
        device: where the towers run.
        compute: in which they compute.
        needs: role -> what it reads of a window, where that is more than `needs_of` says.
    """
    needs = needs or {role: needs_of(towers, role, options, form) for role in ROLES}
    found = {}
    for role in ROLES:
        if any(need.card for need in needs[role]) and towers.cards[role] not in found:
            found[towers.cards[role]] = load_encoder(towers.cards[role], str(device), compute)
    encoders = {role: found[towers.cards[role]] for role in ROLES if towers.cards[role] in found}
    return Reader(answer, needs, encoders, reads_several(options), max(1, options.fit.batch or 1), device)


def first(rows: Rows) -> Tensor:
    """One tensor of what is read: all of them have the same clips."""
    return rows if isinstance(rows, Tensor) else rows[0]
