"""What learned methods say of the test clips, published: probabilities a second, and the counts that figures are ratios of."""

import json
from collections.abc import Sequence

import numpy as np

from pipeline.evaluation.events import clip_counts
from pipeline.runs.results import as_npy, publish_results
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.av.fitting import require_trained
from pipeline.tasks.av.work import sides_of
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.learn import answered
from pipeline.tasks.av_events.result import PROBABILITIES, truth_of


def judge(bound: BoundAvEvents, unit: Unit, trials: Sequence[Trial]) -> None:
    """Judge a learned method.

    Raises:
        NotTrained: it is not learned to its last epoch.
        NotCached: test clips are not stored yet.
    """
    require_trained(bound, unit)
    clips = sides_of(bound).usable(bound.of("test"))

    def judged(_: Trial) -> dict[str, bytes]:
        shares, epoch = answered(bound, unit, clips)
        counts = clip_counts(np.asarray(shares.argmax(-1), np.int64), truth_of(clips), len(bound.clips.classes))
        told = json.dumps({"epoch": epoch, "clips": [clip.name for clip in clips], "counts": counts.tolist()}).encode()
        return {RESULT: told, PROBABILITIES: as_npy(shares)}

    publish_results(bound.store, trials, judged)
