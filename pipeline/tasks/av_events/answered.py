"""What a run's published method made of every test clip, for a comparison with another run. Free of torch."""

from pipeline.evaluation.beside import Answered
from pipeline.tasks.av.work import TEST, published_by, sides_of, trial_of, unit_of
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.result import told_of, truth_of


def answered(bound: BoundAvEvents) -> dict[str, Answered]:
    """The share of a clip's segments that are right.

    Raises:
        NotJudged: the method that answers is not judged yet.
    """
    sides, (method, seed) = sides_of(bound), published_by(bound)
    told = told_of(bound, trial_of(bound, unit_of(bound, method, seed)), sides)
    names = (*bound.clips.classes, "background")
    keys = [f"{clip.video.key} {clip.sound.key} {clip.start_s:g}" for clip in told.clips]
    truth = [[names[label] for label in clip.labels] for clip in told.clips]
    right = (told.labels == truth_of(told.clips)).mean(1)
    return {TEST: Answered(f"{method}, seed {seed}", "segments right", keys, truth, right)}
