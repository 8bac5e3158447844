"""Clips as the loop reads them: from the store alone. Dims: B clips of a batch, T segments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipeline.caching.needs import Need
from pipeline.datasets.av import AvClip
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.learner import AvBatch, Rows
from pipeline.runner.worker_state import load_encoder
from pipeline.sources.specs import source_name, stored_type
from pipeline.tasks.av_events.bound import ROLES, BoundAvEvents, row_of
from pipeline.tasks.av_events.errors import NotCached
from pipeline.tasks.av_events.specs import needs_of, reads_several
from pipeline.tasks.av_events.work import NAMES, Sides, form_of
from stores import Artifact


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
class StoredClips:
    """Clips as a method reads them.

    Attributes:
        clips: in order.
        sides: which of them lack one side.
        stored: role -> its inputs.
        several: see `reads_several`.
    """

    clips: Sequence[AvClip]
    sides: Sides
    stored: dict[str, tuple[StoredSide, ...]]
    several: bool

    @cached_property
    def labels(self) -> Tensor:
        """int64 (n, T)."""
        return torch.tensor([clip.labels for clip in self.clips])

    def batch(self, rows: Sequence[int], device: torch.device) -> AvBatch:
        """Some of the clips."""
        chosen = [self.clips[row] for row in rows]
        visual, audio = (self._side(role, chosen, device) for role in ROLES)
        return AvBatch(visual, audio, self.labels[list(rows)].to(device))

    def _side(self, role: str, chosen: Sequence[AvClip], device: torch.device) -> Rows:
        keys = [row_of(clip, role).key if self.sides.has(clip, role) else None for clip in chosen]
        found = [each.at(keys).to(device) for each in self.stored[role]]
        return found if self.several else found[0]


@dataclass(frozen=True)
class ClipBatches:
    """Shuffled batches; an epoch's are a function of seed and epoch. The last one may be of fewer clips.

    Attributes:
        clips: all of them.
        size: B.
        seed: of the order.
        device: where the towers run.
    """

    clips: StoredClips
    size: int
    seed: int
    device: torch.device

    def __len__(self) -> int:
        """Batches of an epoch."""
        return -(-len(self.clips.clips) // self.size)

    def epoch(self, epoch: int) -> Iterator[AvBatch]:
        """The batches of one epoch (1-based)."""
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(len(self.clips.clips), generator=draw).tolist()
        for start in range(0, len(order), self.size):
            yield self.clips.batch(order[start : start + self.size], self.device)


def stored_clips(bound: BoundAvEvents, clips: Sequence[AvClip], options: CoplOptions, sides: Sides) -> StoredClips:
    """Clips as a method reads them.

    Raises:
        NotCached: frames, spectrograms or activations are not there yet.
    """
    stored = {
        role: tuple(
            _side(bound, role, need, clips, sides) for need in needs_of(bound.towers, role, options, form_of(bound))
        )
        for role in ROLES
    }
    return StoredClips(clips, sides, stored, reads_several(options))


def _side(bound: BoundAvEvents, role: str, need: Need, clips: Sequence[AvClip], sides: Sides) -> StoredSide:
    artifact = bound.store.artifact(need.spec(bound.recipe.cache))
    wanted = {row_of(clip, role).key for clip in clips if sides.has(clip, role)}
    absent = artifact.missing(wanted)
    if absent:
        raise NotCached(
            f"{len(absent)} of {len(wanted)} {NAMES[role]} are not in {artifact.spec.name} yet. "
            "Make them first: mmpt-pipeline cache-features RECIPE"
        )
    return StoredSide(artifact, array_of(need), blank_of(need, bound.device, bound.recipe.cache))


def array_of(need: Need) -> str:
    """Name of the array that holds a need."""
    assert need.source is not None
    return source_name(need.source) if need.card is None else "activations"


def blank_of(need: Need, device: str, cache: Any) -> np.ndarray:
    """What stands for a clip without picture, or without sound (T, ...)."""
    assert need.source is not None
    zeros = np.zeros(need.source.shape, stored_type(need.source, "float16"))
    if need.card is None:
        return zeros
    encoder = load_encoder(need.card, device, cache.compute)
    lowered = encoder.media.lower(zeros, need.cut)["activations"]
    return np.asarray(lowered.float().cpu().numpy().astype(cache.dtype))
