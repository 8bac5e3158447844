"""Masks of what sounds in a user's own clips, second by second, by a checkpoint alone: the data need not be there.

Dims: D segments of a clip, S side of a mask.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.datasets.av.masks.found import FoundMasks, packed
from pipeline.evaluation.masks import CUT
from pipeline.predictions import Prediction
from pipeline.records import RunRecord
from pipeline.tasks.av.asked import Asked, asked, when_needed
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.own_clips import UNREADABLE, decoded
from pipeline.tasks.av.strides import averaged
from pipeline.tasks.av_masks.needs import form_of
from pipeline.tasks.av_masks.recipe import AvMasksRecipe
from stores import Store

if TYPE_CHECKING:
    from pipeline.tasks.av.window import Reader


def answer(
    store: Store,
    record: RunRecord,
    files: Sequence[Path],
    device: str,
    top: int,
    labels: Sequence[str],
    method: str | None,
    seed: int | None,
    texts: Sequence[str] = (),
    strangers: bool = False,
    together: bool = False,
) -> list[Prediction]:
    """The masks of each clip; a file that cannot be read has an error instead.

    Args:
        store: of the run.
        record: of the run.
        files: to be answered about.
        device: where the towers run.
        top: not for runs of this kind, which know no classes.
        labels: nor this.
        method: None takes what the recipe publishes.
        seed: the same.
        texts: none of which is a clip.
        strangers: not for runs of this kind.
        together: nor this.

    Raises:
        AvError: the run has no such method or seed, or cannot do what is asked.
    """
    if labels or strangers or together:
        raise AvError(
            "predict: --labels, --none-of-these and --together are of runs that know classes by their names; this run learned "
            "masks of what sounds. Leave them out"
        )
    of = asked(AvMasksRecipe, store, record, method, seed, form_of)
    read = when_needed(lambda: _reader(of, device))
    found = {path: _about(path, of, read) for path in dict.fromkeys(map(str, files))}
    return [found[str(path)] for path in files] + [
        Prediction(text, "text", error="a text is no clip") for text in texts
    ]


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
