"""Everything a report of sounding objects is made of, as plain values: the report reads no store and asks no model.

Dims: T segments of a clip, S side of a mask, P side of a frame, K thresholds of F.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.report.av import AvReportData


@dataclass(frozen=True)
class SaidMasks:
    """What one method says of a clip.

    Attributes:
        name: of the method.
        masks: bool (T, S, S).
        iou: of the clip.
        ious: of each segment (T,); None of one without a mask.
    """

    name: str
    masks: NDArray[np.bool_]
    iou: float
    ious: Sequence[float | None]


@dataclass(frozen=True)
class ShownClip:
    """A test clip.

    Attributes:
        name: of the clip.
        category: what sounds, as the data set calls it; "" where it does not.
        why: why it is shown.
        frames: uint8 (T, P, P, 3) as the tower sees them; None of a clip without picture.
        sound: its spectrograms as pictures, uint8 (T, height, width, 3); None of a clip without sound.
        truth: uint8 (T, S, S): 1 where something sounds, 0 elsewhere, 255 all over a segment without a mask.
        said: what methods say, the published one first.
    """

    name: str
    category: str
    why: str
    frames: NDArray[np.uint8] | None
    sound: NDArray[np.uint8] | None
    truth: NDArray[np.uint8]
    said: Sequence[SaidMasks]


@dataclass(frozen=True, kw_only=True)
class MasksReportData(AvReportData):
    """One recipe, from clips to figures.

    Attributes:
        clips: that are shown.
        curves: method, and what needs no model -> mean F of the clips at each threshold (K,).
        segment_s: seconds of a segment.
    """

    clips: Sequence[ShownClip] = ()
    curves: Mapping[str, Sequence[float]] = field(default_factory=dict)
    segment_s: float = 1.0
