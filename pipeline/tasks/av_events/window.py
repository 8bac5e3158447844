"""Windows of decoded clips through a learned method. Dims: T segments of a window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.caching.needs import Need
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.load import load_encoder
from pipeline.methods.copl.learner import AvBatch, EventsLearner, Rows
from pipeline.tasks.av_events.bound import ROLES, Towers
from pipeline.tasks.av_events.learn import device_of, learner_of, read_back
from pipeline.tasks.av_events.recipe import AvEventsRecipe
from pipeline.tasks.av_events.specs import Form, needs_of, reads_several
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact

Window = Mapping[str, np.ndarray]
"""Role -> frames, or spectrograms (T, ...)."""


@dataclass(frozen=True)
class Reader:
    """A learned method that reads windows.

    Attributes:
        learner: ready to answer.
        needs: role -> what it reads of a window.
        encoders: of the roles whose towers are run up to a cut first.
        several: see `reads_several`.
        batch: windows that are read at once.
    """

    learner: EventsLearner
    needs: Mapping[str, Sequence[Need]]
    encoders: Mapping[str, Encoder]
    several: bool
    batch: int

    def __call__(self, windows: Sequence[Window]) -> list[NDArray[np.float32]]:
        """Probabilities (T, K + 1) of each window."""
        found: list[NDArray[np.float32]] = []
        for start in range(0, len(windows), self.batch):
            some, device = windows[start : start + self.batch], device_of(self.learner)
            visual, audio = (self._rows(role, some, device) for role in ROLES)
            nothing = torch.zeros((len(some), len(some[0]["visual"])), dtype=torch.int64, device=device)
            found += list(self.learner.answers(AvBatch(visual, audio, nothing)).float().cpu().numpy())
        return found

    def _rows(self, role: str, windows: Sequence[Window], device: torch.device) -> Rows:
        stacked = np.stack([window[role] for window in windows])
        found = [self._at(role, need, stacked).to(device) for need in self.needs[role]]
        return found if self.several else found[0]

    def _at(self, role: str, need: Need, rows: np.ndarray) -> torch.Tensor:
        if need.card is None:
            return torch.from_numpy(rows)
        lowered = self.encoders[role].media.lower(rows.reshape(-1, *rows.shape[2:]), need.cut)["activations"]
        return lowered.unflatten(0, rows.shape[:2])


def reader_of(
    recipe: AvEventsRecipe, towers: Towers, form: Form, method: str, seed: int, checkpoints: Artifact, device: str
) -> Reader:
    """A method of a finished run, with its towers."""
    options, compute = recipe.methods[method], recipe.cache.compute
    classes = checkpoints.spec.fields["classes"]
    learner = learner_of(towers, options, seed, form.segments, classes, device, compute)
    read_back(learner, Checkpoints(checkpoints))
    needs = {role: needs_of(towers, role, options, form) for role in ROLES}
    loaded = {}
    for role in ROLES:
        if any(need.card for need in needs[role]) and towers.cards[role] not in loaded:
            loaded[towers.cards[role]] = load_encoder(towers.cards[role], device, compute)
    encoders = {role: loaded[towers.cards[role]] for role in ROLES if towers.cards[role] in loaded}
    return Reader(learner, needs, encoders, reads_several(options), max(1, options.fit.batch or 1))
