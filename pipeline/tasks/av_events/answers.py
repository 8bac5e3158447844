"""What a learned method says of a user's own clips, second by second, by its checkpoint alone: the data need not be there.

Dims: D segments of a clip, K classes.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.found_events import found_events
from pipeline.predictions import Prediction
from pipeline.records import RunRecord
from pipeline.tasks.asking import Asking, of_clips, when_needed
from pipeline.tasks.av.asked import Asked, asked
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.own_clips import UNREADABLE, decoded
from pipeline.tasks.av.strides import put_together
from pipeline.tasks.av_events.recipe import AvEventsRecipe
from stores import Store

if TYPE_CHECKING:
    from pipeline.tasks.av.window import Reader


def answer(store: Store, record: RunRecord, asking: Asking) -> list[Prediction]:
    """The events of each clip, and the classes of most of its seconds; a file that cannot be read has an error instead.

    Args:
        store: of the run.
        record: of the run.
        asking: about which clips, and whose answers.

    Raises:
        AvError: the run has no such method or seed, or cannot do what is asked.
    """
    asking.refuse_names(AvError, "learned the events of clips, and says background where there is none")
    of = asked(AvEventsRecipe, store, record, asking.method, asking.seed)
    read = when_needed(lambda: _reader(of, asking.device))
    return of_clips(asking, lambda path: [_about(path, of, asking.top, read)])


def _about(path: str, of: Asked[AvEventsRecipe], top: int, read: "Callable[[], Reader]") -> Prediction:
    try:
        made = decoded(path, of.towers, of.form, of.recipe.cache)
    except UNREADABLE as error:
        return Prediction(path, None, error=str(error))
    clip, classes = made.clip, tuple(of.checkpoints.spec.fields["classes"])
    shares = put_together(read()(made.windows), made.starts, clip.segments)
    events = tuple(found_events(shares, classes, clip.segment_s))
    return Prediction(path, clip.kind, _classes(shares, classes, top), events=events, note=clip.note)


def _reader(of: Asked[AvEventsRecipe], device: str) -> "Reader":
    from pipeline.tasks.av_events.window import events_reader

    return events_reader(of, device)


def _classes(shares: NDArray[np.float32], classes: Sequence[str], top: int) -> tuple[tuple[str, float], ...]:
    """Classes by the mean of their probability over all seconds."""
    mean = shares[:, : len(classes)].mean(0)
    return tuple((classes[c], float(mean[c])) for c in np.argsort(-mean, kind="stable")[:top])
