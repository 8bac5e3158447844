"""Everything a report of audio-visual events is made of, as plain values: the report reads no store and asks no model.

Dims: T segments of a clip, S pixels along a side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.report.av import AvReportData


@dataclass(frozen=True)
class Track:
    """What one method says of a clip: a class and its probability a segment.

    Attributes:
        name: of the method.
        labels: (T,) number of a class; that behind the last is background.
        probabilities: (T,) of these.
    """

    name: str
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]


@dataclass(frozen=True)
class ShownClip:
    """A test clip.

    Attributes:
        name: of the clip.
        why: why it is shown.
        truth: (T,) its labels.
        tracks: what methods say, the published one first.
        frames: uint8 (T, S, S, 3) as the tower sees them; None of a clip without picture.
    """

    name: str
    why: str
    truth: NDArray[np.int64]
    tracks: Sequence[Track]
    frames: NDArray[np.uint8] | None = None


@dataclass(frozen=True, kw_only=True)
class EventsReportData(AvReportData):
    """One recipe, from clips to figures.

    Attributes:
        classes: names by label, without background.
        clips: time lines.
        segment_s: seconds of a segment.
    """

    classes: tuple[str, ...]
    clips: Sequence[ShownClip] = ()
    segment_s: float = 1.0
