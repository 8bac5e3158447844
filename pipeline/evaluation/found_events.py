"""From probabilities a second to events.

Dims: T = segments, C = classes.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.windows import FoundEvent
from pipeline.evaluation.events import events_of


def found_events(
    probabilities: NDArray[np.floating], classes: Sequence[str], segment_s: float = 1.0, start_s: float = 0.0
) -> list[FoundEvent]:
    """The events of one clip, in order: a segment has its most probable class, the first of two alike.

    Args:
        probabilities: (T, C + 1), background last.
        classes: names of the C classes.
        segment_s: seconds of a segment.
        start_s: where the first one begins.

    Returns:
        events with their mean probability over their segments.
    """
    runs = events_of(probabilities.argmax(axis=1), len(classes))
    return [
        FoundEvent(
            classes[run.label],
            start_s + run.start * segment_s,
            start_s + run.end * segment_s,
            float(probabilities[run.start : run.end, run.label].mean()),
        )
        for run in runs
    ]
