"""A user's own clips as a learned method reads them; no torch.

A clip no longer than those learned is T equal segments, as they were; a longer one has a segment a second and is read in windows
that overlap by half. What a clip lacks, picture or sound, is zeros to the towers, and the answer says so.

Dims: T segments of a window, D of a clip.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from pipeline.datasets.av.probe import span_of
from pipeline.media.errors import MediaError
from pipeline.media.isolation import decode_many
from pipeline.media.parts import part_path
from pipeline.media.video import LONGEST_S
from pipeline.reading import MachineFault
from pipeline.recipe.envelope import CacheConfig
from pipeline.sources.make import make_source
from pipeline.sources.specs import stored_type
from pipeline.tasks.av.sources import Form, source_of
from pipeline.tasks.av.strides import segments_of, windows
from pipeline.tasks.av.towers import ROLES, Towers

if TYPE_CHECKING:
    from pipeline.tasks.av.window import Window

_PART_S = 300.0
MOST_SEGMENTS = 3600
"""Of one clip: its frames and spectrograms lie in memory together."""
_LACKS = {
    "visual": "no picture ({}): judged by its sound alone",
    "audio": "no sound ({}): judged by its picture alone",
}
UNREADABLE = (MachineFault, MediaError, OSError)
"""What a file that cannot be answered about ends in."""


@dataclass(frozen=True)
class Clip:
    """A clip as it is decoded.

    Attributes:
        path: of the file.
        seconds: how long it is.
        segments: D.
        lacks: role -> why there is nothing in it.
        seen_s: where its pictures end.
    """

    path: str
    seconds: float
    segments: int
    lacks: dict[str, str]
    seen_s: float = 0.0

    @property
    def note(self) -> str:
        """What must be known of an answer about it."""
        return "; ".join(_LACKS[role].format(why) for role, why in self.lacks.items())

    @property
    def kind(self) -> str:
        """What it is taken for."""
        return "audio" if "visual" in self.lacks else "video"

    @property
    def segment_s(self) -> float:
        """Seconds of one of its segments."""
        return self.seconds / self.segments


@dataclass(frozen=True)
class Decoded:
    """What towers read of a clip.

    Attributes:
        clip: the clip.
        rows: role -> frames, or spectrograms (D, ...).
        starts: where its windows begin.
        size: T.
    """

    clip: Clip
    rows: Mapping[str, np.ndarray]
    starts: list[int]
    size: int

    @property
    def windows(self) -> "list[Window]":
        """What lies in each window."""
        return [{role: self.rows[role][start : start + self.size] for role in ROLES} for start in self.starts]


def decoded(path: str, towers: Towers, form: Form, cache: CacheConfig, whole: bool = False) -> Decoded:
    """Decode a clip for two towers.

    Args:
        path: of the file.
        towers: that will read it.
        form: how clips were read when the run learned.
        cache: how files are decoded.
        whole: whether its T segments are spread over it however long it is; otherwise a longer one has more of them.

    Raises:
        MediaError: it has neither pictures nor sound that can be read, or is too long.
        MachineFault: the machine failed while it was read.
    """
    clip = look_at(path, form, whole)
    rows = {role: _made(clip, role, towers, form, cache) for role in ROLES}
    if len(clip.lacks) == len(ROLES):
        raise MediaError(f"neither picture nor sound can be read: {'; '.join(dict.fromkeys(clip.lacks.values()))}")
    return Decoded(clip, rows, windows(clip.segments, form.segments), form.segments)


def look_at(path: str, form: Form, whole: bool = False) -> Clip:
    """How long a clip is, and what it lacks.

    Raises:
        MediaError: it has neither pictures nor sound, or is too long.
        MachineFault: the machine failed while it was read.
    """
    lacks: dict[str, str] = {}
    ends = dict.fromkeys(ROLES, 0.0)
    for role, kind in zip(ROLES, ("video", "audio"), strict=True):
        try:
            ends[role] = span_of(path, kind).end
        except MediaError as error:
            lacks[role] = str(error)
    if len(lacks) == len(ROLES):
        raise MediaError(f"neither pictures nor sound: {'; '.join(dict.fromkeys(lacks.values()))}")
    seconds = max(ends.values())
    count = form.segments if whole else segments_of(seconds, form.segments, form.segment_s)
    if count > MOST_SEGMENTS:
        raise MediaError(f"{seconds:,.0f} s, more than {MOST_SEGMENTS * form.segment_s:,.0f}: cut it into parts")
    return Clip(path, seconds, count, lacks, ends["visual"])


def _made(clip: Clip, role: str, towers: Towers, form: Form, cache: CacheConfig) -> np.ndarray:
    """Frames or spectrograms (D, ...); zeros where there are none, which is noted."""
    spec = source_of(towers, role, replace(form, segments=clip.segments))
    dtype, found = stored_type(spec, "float16"), []
    for path, segments in () if role in clip.lacks else _parts(clip, role):
        part = source_of(towers, role, replace(form, segments=segments))
        with closing(
            decode_many([path], part, workers=cache.workers, timeout_s=cache.timeout_s, ahead=1, decode=make_source)
        ) as stream:
            made = next(stream).require_verdict()
        if made.array is None:
            clip.lacks[role] = made.reason
            break
        found.append(made.array.astype(dtype))
    return np.zeros(spec.shape, dtype) if role in clip.lacks else np.concatenate(found)


def _parts(clip: Clip, role: str) -> list[tuple[str, int]]:
    """What is decoded at once, and segments of it: pictures of a clip that is longer than any decoded whole come in parts."""
    if role != "visual" or clip.seen_s <= LONGEST_S:
        return [(clip.path, clip.segments)]
    count = min(clip.segments, ceil(clip.seen_s / _PART_S))
    edges = [clip.segments * place // count for place in range(count + 1)]
    second = clip.seen_s / clip.segments
    return [
        (part_path(clip.path, (round(first * second, 3), round(last * second, 3))), last - first)
        for first, last in pairwise(edges)
    ]
