"""What a run's published method made of every test clip, for a comparison with another run. Free of torch."""

from pipeline.evaluation.beside import Answered
from pipeline.tasks.av.work import TEST, published_by, sides_of, trial_of, unit_of
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.result import told_of


def answered(bound: BoundAvMasks) -> dict[str, Answered]:
    """The intersection over union of every clip.

    Raises:
        NotJudged: the method that answers is not judged yet.
    """
    method, seed = published_by(bound)
    told = told_of(bound, trial_of(bound, unit_of(bound, method, seed)), sides_of(bound))
    size = bound.mask_spec.size
    keys = [f"{clip.video.key} {clip.sound.key} {clip.start_s:g}" for clip in told.clips]
    truth = [[size, *(mask.key if mask else None for mask in clip.masks)] for clip in told.clips]
    return {TEST: Answered(f"{method}, seed {seed}", "mIoU", keys, truth, told.values["iou"])}
