"""What learned methods say of the test clips, published: masks, and the values of every clip that figures are means of.

Beside them stands once what needs no model. Dims: T segments, S side of a mask.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.masks.found import packed
from pipeline.evaluation.mask_priors import mask_priors
from pipeline.evaluation.masks import CUT, MaskTally
from pipeline.runs.results import as_npy, publish_results
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.av.fitting import require_trained
from pipeline.tasks.av.result import judged_clips
from pipeline.tasks.av.work import sides_of
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.result import MASKS
from pipeline.tasks.av_masks.truth import truths, usual_mask

Judged = tuple[NDArray[np.float32], NDArray[np.uint8]]
"""What is said of a clip (T, S, S), and its masks."""


def judge(bound: BoundAvMasks, unit: Unit, trials: Sequence[Trial]) -> None:
    """Judge a learned method.

    Raises:
        NotTrained: it is not learned to its last epoch.
        NotCached: test clips are not stored yet.
    """
    from pipeline.tasks.av_masks.learn import answered

    require_trained(bound, unit)
    clips = judged_clips(bound, sides_of(bound))

    def judged(_: Trial) -> dict[str, bytes]:
        said, epoch = answered(bound, unit, clips)
        bits: list[NDArray[np.uint8]] = []
        values = _values(_kept(said, bits))
        told = json.dumps({"epoch": epoch, "clips": [clip.name for clip in clips], **values}).encode()
        return {RESULT: told, MASKS: as_npy(np.stack(bits))}

    publish_results(bound.store, trials, judged)


def judge_priors(bound: BoundAvMasks, trials: Sequence[Trial]) -> None:
    """Judge what looks at no clip.

    Raises:
        NotCached: masks are not stored yet.
    """
    sides = sides_of(bound)
    clips = judged_clips(bound, sides)

    def judged(_: Trial) -> dict[str, bytes]:
        rules = mask_priors(usual_mask(bound, sides.usable(bound.of("train"))), bound.clips.segments)
        found = {name: _values((rule, truth) for truth in truths(bound, clips)) for name, rule in rules.items()}
        return {RESULT: json.dumps(found).encode()}

    publish_results(bound.store, trials, judged)


def _kept(said: Iterable[Judged], bits: list[NDArray[np.uint8]]) -> Iterable[Judged]:
    """The same, while the masks are kept as bits."""
    for probabilities, truth in said:
        bits.append(packed(probabilities > CUT))
        yield probabilities, truth


def _values(judged: Iterable[Judged]) -> dict[str, Any]:
    """Values of every clip, and the curve of F over thresholds."""
    tally = MaskTally()
    for probabilities, truth in judged:
        tally.add(probabilities, truth)
    scores = tally.scores()
    return {
        "iou": tally.iou, "f": tally.f, "curve": scores.curve.tolist(), "frames": scores.frames, "silent": scores.silent
    }  # fmt: skip
