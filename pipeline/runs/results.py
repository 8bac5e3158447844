"""Results are published once: what is there is not judged again, and of two who judge the same the first one publishes."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.runs.work import RESULT, Trial
from stores import Store

T = TypeVar("T", bound=Trial)


def publish_results(store: Store, trials: Sequence[T], judged: Callable[[T], Mapping[str, bytes]]) -> None:
    """Judge trials whose result is not there, and publish what comes of each.

    Args:
        store: of the run.
        trials: whose specs are known.
        judged: what an artifact is to hold, by its rows' keys; `RESULT` among them.
    """
    for trial in trials:
        assert trial.spec is not None
        artifact = store.artifact(trial.spec)
        if not artifact.missing([RESULT]):
            continue
        found = judged(trial)
        with artifact.writer() as writer:
            if artifact.missing([RESULT]):
                writer.publish(list(found), list(found.values()))


def as_npy(values: NDArray[Any]) -> bytes:
    """An array as numpy writes it."""
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()
