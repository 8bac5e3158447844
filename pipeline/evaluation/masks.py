"""Judging masks of what sounds as AVSBench's code does: mIoU and F, video by video.

- Intersection over union of a frame: of the pixels with more than `CUT` and those of the truth, I / (U + 1e-7). Where nothing
  sounds it is the share of pixels that are left dark. A video has the mean of its frames; mIoU is the mean of videos.
- F of a frame at a threshold t, of pixels with t and more: 1.3 P R / (0.3 P + R), P being the precision and R the recall; 0 where
  both are 0. A video has the mean curve of those of its frames in which something sounds, and its F is the curve's largest value,
  at a threshold of its own; 0 where nothing sounds in the whole video. F of a set is the mean of videos.

Frames of which no mask is given are not judged.

Dims: T = segments, S = side of a mask, K = 255 thresholds.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.errors import EvaluationError
from pipeline.media.mask_spec import NO_MASK

CUT = 0.5
BETA2 = 0.3
_UNION, _COUNT = 1e-7, 1e-20
_STEPS = 255


def thresholds() -> NDArray[np.float32]:
    """The thresholds of F, (K,): evenly from 0 to 1 - 1e-10, which is 1 in float32; torch's may differ by a last bit."""
    return np.linspace(0, 1 - 1e-10, _STEPS).astype(np.float32)


_THRESHOLDS = thresholds()


@dataclass(frozen=True)
class VideoValues:
    """What one video reaches.

    Attributes:
        iou: mean of its judged frames.
        f: largest value of the curve.
        curve: F at every threshold (K,), the mean of the frames in which something sounds.
        frames: judged.
        silent: judged frames in which nothing sounds.
    """

    iou: float
    f: float
    curve: NDArray[np.float64]
    frames: int
    silent: int


@dataclass(frozen=True)
class MaskScores:
    """What a set of videos reaches, fractions from 0 to 1; NaN without a video.

    Attributes:
        miou: mean of the videos' intersections over unions.
        f: mean of their F.
        curve: mean of their curves (K,), at `thresholds`.
        videos: how many.
        frames: judged.
        silent: videos in which nothing sounds: their F is 0, whatever is answered.
    """

    miou: float
    f: float
    curve: NDArray[np.float64]
    videos: int
    frames: int
    silent: int


def video_values(probabilities: NDArray[np.floating], truth: NDArray[np.integer]) -> VideoValues:
    """Judge one video.

    Args:
        probabilities: (T, S, S), compared as float32.
        truth: (T, S, S), 1 where something sounds, 0 elsewhere, `NO_MASK` all over where no mask is given.

    Raises:
        EvaluationError: the two differ in shape, hold something else, or no mask is given.
    """
    probabilities, truth = np.asarray(probabilities, dtype=np.float32), np.asarray(truth)
    given = _given(probabilities, truth)
    ious = [_iou(p, t) for p, t in zip(probabilities[given], truth[given] == 1, strict=True)]
    loud = [place for place in np.flatnonzero(given) if (truth[place] == 1).any()]
    curves = [_curve(probabilities[place], truth[place] == 1) for place in loud]
    curve = np.mean(curves, axis=0) if curves else np.zeros(_STEPS)
    return VideoValues(float(np.mean(ious)), float(curve.max()), curve, len(ious), len(ious) - len(loud))


@dataclass
class MaskTally:
    """Values of videos as they come, one after the other, so that no more than one video's masks are held.

    Attributes:
        iou: of every video.
        f: of every video.
        curve: sum of the curves (K,).
        frames: judged.
        silent: videos in which nothing sounds.
    """

    iou: list[float] = field(default_factory=list)
    f: list[float] = field(default_factory=list)
    curve: NDArray[np.float64] = field(default_factory=lambda: np.zeros(_STEPS))
    frames: int = 0
    silent: int = 0

    def add(self, probabilities: NDArray[np.floating], truth: NDArray[np.integer]) -> VideoValues:
        """Judge another video; see `video_values`.

        Raises:
            EvaluationError: as there.
        """
        found = video_values(probabilities, truth)
        self.iou.append(found.iou)
        self.f.append(found.f)
        self.curve = self.curve + found.curve
        self.frames += found.frames
        self.silent += found.silent == found.frames
        return found

    def scores(self) -> MaskScores:
        """What they reach together."""
        count = len(self.iou)
        if not count:
            return MaskScores(float("nan"), float("nan"), np.full(_STEPS, np.nan), 0, 0, 0)
        return MaskScores(
            float(np.mean(self.iou)), float(np.mean(self.f)), self.curve / count, count, self.frames, self.silent
        )


def _given(probabilities: NDArray[np.float32], truth: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Which frames are judged, (T,)."""
    if probabilities.ndim != 3 or probabilities.shape != truth.shape:
        raise EvaluationError(
            f"masks: {probabilities.shape} are predicted and {truth.shape} are true; both are (T, S, S)"
        )
    if not ((probabilities >= 0) & (probabilities <= 1)).all():
        raise EvaluationError("masks: what is predicted are probabilities from 0 to 1; found others, or no numbers")
    lacking = truth == NO_MASK
    given: NDArray[np.bool_] = ~lacking.all(axis=(1, 2))
    if not np.isin(truth[given], (0, 1)).all():
        raise EvaluationError(f"masks: true ones are 0 and 1, or {NO_MASK} all over where none is given; found others")
    if not given.any():
        raise EvaluationError("masks: a video without any mask cannot be judged. Leave it out")
    return given


def _iou(probabilities: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    called = probabilities > CUT
    if not truth.any():
        return float((~called).sum() / (truth.size + _UNION))
    return float((called & truth).sum() / ((called | truth).sum() + _UNION))


def _curve(probabilities: NDArray[np.float32], truth: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F of a frame at every threshold, (K,), by counting once how many thresholds each pixel reaches."""
    reached = np.searchsorted(_THRESHOLDS, probabilities.ravel(), side="right")
    called, right = (
        _from_above(np.bincount(found, minlength=_STEPS + 1)) for found in (reached, reached[truth.ravel()])
    )
    precision, recall = right / (called + _COUNT), right / (truth.sum() + _COUNT)
    below = BETA2 * precision + recall
    return np.where(below > 0, (1 + BETA2) * precision * recall / np.where(below > 0, below, 1), 0.0)


def _from_above(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many pixels reach each threshold (K,), of how many reach exactly so many."""
    return counts[::-1].cumsum()[::-1][1:].astype(np.float64)
