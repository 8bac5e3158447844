"""Which test clips a report shows, and what methods say of them, read from the store. Dims: n clips, T segments, S side."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.masks import video_values
from pipeline.media.mask_spec import NO_MASK
from pipeline.report.av_masks import SaidMasks, ShownClip
from pipeline.tasks.av.pages import frames_of, sounds_of
from pipeline.tasks.av.work import published_by, sides_of
from pipeline.tasks.av.work import trials as method_trials
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.result import Told, told_of
from pipeline.tasks.av_masks.truth import stored_masks

_EACH = 3


def shown_clips(bound: BoundAvMasks) -> list[ShownClip]:
    """A few clips of which the published method is best, a few of which it is worst, and some between; each once."""
    sides, (published, seed) = sides_of(bound), published_by(bound)
    found = {
        trial.what: told_of(bound, trial, sides)
        for trial in method_trials(bound)
        if trial.unit is not None and trial.unit.seed == (seed if trial.what == published else bound.recipe.seeds[0])
    }
    own = found[published]
    order = [published, *(name for name in found if name != published)]
    chosen = choose(own.values["iou"])
    masks = stored_masks(bound, own.clips)
    shown = []
    for row, why in chosen:
        clip = own.clips[row]
        truth = masks.of([clip.masks])[0]
        said = [_said(name, found[name], row, truth) for name in order]
        seen, heard = frames_of(bound, clip, sides), sounds_of(bound, clip, sides)
        shown.append(ShownClip(clip.name, clip.category, why, seen, heard, truth, said))
    return shown


def choose(ious: NDArray[np.float64], each: int = _EACH) -> list[tuple[int, str]]:
    """Rows of clips (n,), and why they are shown: the worst, then those around the middle, then the best; no row twice."""
    order = np.argsort(ious, kind="stable").tolist()
    middle = max((len(order) - each) // 2, 0)
    groups: list[tuple[Sequence[int], str]] = [
        (order[:each], "among the worst"),
        (order[middle : middle + each], "around the middle"),
        (order[::-1][:each], "among the best"),
    ]
    found: dict[int, str] = {}
    for rows, why in groups:
        for row in rows:
            found.setdefault(row, why)
    return list(found.items())


def _said(name: str, told: Told, row: int, truth: NDArray[np.uint8]) -> SaidMasks:
    masks = told.mask(row)
    ious = [
        video_values(mask[None].astype(np.float32), true[None]).iou if (true != NO_MASK).any() else None
        for mask, true in zip(masks, truth, strict=True)
    ]
    return SaidMasks(name, masks, float(told.values["iou"][row]), ious)
