"""Masks of what sounds in a user's own clips, second by second, by a checkpoint alone: the data need not be there.

Dims: D segments of a clip, S side of a mask.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from pipeline.datasets.av.masks.found import FoundMasks, packed
from pipeline.evaluation.masks import CUT
from pipeline.predictions import Prediction
from pipeline.records import RunRecord
from pipeline.tasks.asking import Asking, of_clips, when_needed
from pipeline.tasks.av.asked import Asked, asked
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.own_clips import UNREADABLE, decoded
from pipeline.tasks.av.strides import averaged
from pipeline.tasks.av_masks.needs import form_of
from pipeline.tasks.av_masks.recipe import AvMasksRecipe
from stores import Store

if TYPE_CHECKING:
    from pipeline.tasks.av.window import Reader


def answer(store: Store, record: RunRecord, asking: Asking) -> list[Prediction]:
    """The masks of each clip; a file that cannot be read has an error instead.

    Args:
        store: of the run.
        record: of the run.
        asking: about which clips, and whose answers; such runs know no classes, and `top` says nothing to them.

    Raises:
        AvError: the run has no such method or seed, or cannot do what is asked.
    """
    asking.refuse_names(AvError, "learned masks of what sounds")
    of = asked(AvMasksRecipe, store, record, asking.method, asking.seed, form_of)
    read = when_needed(lambda: _reader(of, asking.device))
    return of_clips(asking, lambda path: [_about(path, of, read)])


def _about(path: str, of: Asked[AvMasksRecipe], read: "Callable[[], Reader]") -> Prediction:
    try:
        made = decoded(path, of.towers, of.form, of.recipe.cache)
    except UNREADABLE as error:
        return Prediction(path, None, error=str(error))
    clip = made.clip
    shares = averaged(read().one_by_one(made.windows), made.starts)
    bits = np.stack([packed(share > CUT) for share in shares])
    size = of.recipe.methods[of.method].head.size
    return Prediction(path, clip.kind, masks=FoundMasks(bits, size, clip.segment_s), note=clip.note)


def _reader(of: Asked[AvMasksRecipe], device: str) -> "Reader":
    from pipeline.tasks.av_masks.window import masks_reader

    return masks_reader(of, device)
