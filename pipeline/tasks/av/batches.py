"""Clips as the loop reads them: from the store alone. Dims: B clips of a batch, T segments."""

from collections.abc import Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from pipeline.caching.needs import Need
from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.learner import Rows
from pipeline.runner.worker_state import load_encoder
from pipeline.sources.specs import stored_type
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.errors import NotCached
from pipeline.tasks.av.sides import Sided, Sides, row_of
from pipeline.tasks.av.sources import array_of, reads_several
from pipeline.tasks.av.towers import NAMES, ROLES
from stores import Artifact

Batch = TypeVar("Batch", covariant=True)


@dataclass(frozen=True)
class StoredSide:
    """One input of a method, read when it is needed: of all of AVE the frames are 4.5 GB.

    Attributes:
        artifact: holds it.
        array: its name there.
        blank: (T, ...) what stands for a clip that has nothing in this role: the zeros of a black picture, or of a spectrogram as
            loud as the mean, and what the tower makes of them.
    """

    artifact: Artifact
    array: str
    blank: np.ndarray

    def at(self, keys: Sequence[str | None]) -> Tensor:
        """Rows (B, T, ...) by the keys of files; None where there is no file to read."""
        there = [key for key in keys if key is not None]
        found = self.artifact.arrays(there, [self.array])[self.array] if there else self.blank[None][:0]
        if len(there) == len(keys):
            return torch.from_numpy(np.ascontiguousarray(found))
        rows = np.broadcast_to(self.blank, (len(keys), *self.blank.shape)).copy()
        rows[[place for place, key in enumerate(keys) if key is not None]] = found
        return torch.from_numpy(rows)


@dataclass(frozen=True)
class StoredRows:
    """What a method reads of clips.

    Attributes:
        sides: which of them lack one side.
        stored: role -> its inputs.
        several: see `reads_several`.
    """

    sides: Sides
    stored: Mapping[str, tuple[StoredSide, ...]]
    several: bool

    def at(self, clips: Sequence[Sided], device: torch.device) -> tuple[Rows, Rows]:
        """Visual and audio rows (B, T, ...) of some clips."""
        visual, audio = (self._side(role, clips, device) for role in ROLES)
        return visual, audio

    def _side(self, role: str, clips: Sequence[Sided], device: torch.device) -> Rows:
        keys = [row_of(clip, role).key if self.sides.has(clip, role) else None for clip in clips]
        found = [each.at(keys).to(device) for each in self.stored[role]]
        return found if self.several or len(found) > 1 else found[0]


class Batched(Protocol[Batch]):
    """Clips of which some can be taken by their places."""

    @property
    def clips(self) -> Sized:
        """All of them, in order."""

    def batch(self, rows: Sequence[int], device: torch.device) -> Batch:
        """Some of them."""


B = TypeVar("B")


@dataclass(frozen=True)
class ClipBatches(Generic[B]):
    """Shuffled batches; an epoch's are a function of seed and epoch. The last one may be of fewer clips.

    Attributes:
        clips: all of them.
        size: B.
        seed: of the order.
        device: where the towers run.
    """

    clips: Batched[B]
    size: int
    seed: int
    device: torch.device

    def __len__(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.clips.clips) // self.size)

    def epoch(self, epoch: int) -> Iterator[B]:
        """The batches of one epoch (1-based)."""
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.clips.clips), generator=draw).tolist()
        for start in range(0, len(order), self.size):
            yield self.clips.batch(order[start : start + self.size], self.device)


def in_order(clips: Batched[B], size: int, device: torch.device) -> Iterator[B]:
    """Batches of all clips, one after the other."""
    for start in range(0, len(clips.clips), size):
        yield clips.batch(range(start, min(start + size, len(clips.clips))), device)


def stored_rows(bound: BoundAv[Any, Any], clips: Sequence[Sided], options: PromptOptions, sides: Sides) -> StoredRows:
    """What a method reads of clips.

    Raises:
        NotCached: frames, spectrograms or activations are not there yet.
    """
    stored = {
        role: tuple(_side(bound, role, need, clips, sides) for need in bound.reads(role, options)) for role in ROLES
    }
    return StoredRows(sides, stored, reads_several(options))


def _side(bound: BoundAv[Any, Any], role: str, need: Need, clips: Sequence[Sided], sides: Sides) -> StoredSide:
    artifact = bound.store.artifact(need.spec(bound.recipe.cache))
    require_stored(artifact, {row_of(clip, role).key for clip in clips if sides.has(clip, role)}, NAMES[role])
    return StoredSide(artifact, array_of(need), blank_of(need, bound.device, bound.recipe.cache))


def require_stored(artifact: Artifact, wanted: set[str], what: str) -> None:
    """Check that rows are there.

    Raises:
        NotCached: naming how many are not, and what makes them.
    """
    absent = artifact.missing(wanted)
    if absent:
        raise NotCached(
            f"{len(absent)} of {len(wanted)} {what} are not in {artifact.spec.name} yet. "
            "Make them first: mmpt-pipeline cache-features RECIPE"
        )


def blank_of(need: Need, device: str, cache: Any) -> np.ndarray:
    """What stands for a clip without picture, or without sound (T, ...)."""
    assert need.source is not None
    zeros = np.zeros(need.source.shape, stored_type(need.source, "float16"))
    if need.card is None:
        return zeros
    encoder = load_encoder(need.card, device, cache.compute)
    lowered = encoder.media.lower(zeros, need.cut)["activations"]
    return np.asarray(lowered.float().cpu().numpy().astype(cache.dtype))
