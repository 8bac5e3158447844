"""What methods say of the clips of both exams, published: probabilities, and who was judged by frames alone."""

import json
from collections.abc import Sequence

import numpy as np

from pipeline.encoders.encoder import Encoder
from pipeline.runs.results import as_npy, publish_results
from pipeline.runs.work import RESULT
from pipeline.tasks.open_video.batches import stored_clips
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.learn import answered
from pipeline.tasks.open_video.result import ANSWERS, require_trained
from pipeline.tasks.open_video.work import VideoTrial, VideoUnit, judged_clips, lacking_of


def judge(bound: BoundOpenVideo, encoder: Encoder | None, unit: VideoUnit | None, trials: Sequence[VideoTrial]) -> None:
    """Judge a learned method, or frozen CLIP, on exams.

    Raises:
        NotTrained: it is not learned to its last epoch.
        NotCached: something is not stored yet.
    """
    if unit is not None:
        require_trained(bound, unit)
    lacking = lacking_of(bound)

    def judged(trial: VideoTrial) -> dict[str, bytes]:
        exam = trial.exam
        options = unit.config if unit is not None else bound.recipe.frozen[trial.what]
        absent = lacking.of(options)
        clips = stored_clips(bound, judged_clips(bound, exam, lacking, trial.draw), options, absent)
        said, epoch = answered(bound, encoder, unit, options, clips, "base" if exam == "base" else "novel")
        alone = sum(row.key in absent for row in clips.clips.rows)
        told = json.dumps({"epoch": epoch, "alone": alone, "names": sorted(said)}).encode()
        return {RESULT: told, ANSWERS: as_npy(np.stack([said[name] for name in sorted(said)]))}

    publish_results(bound.store, trials, judged)
