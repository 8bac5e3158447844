"""Labels of seconds that need no model: what is usual in training, and what an oracle says that knows each video's class.

They stand beside every result: on AVE the oracle is right in 82.21 % of the test's segments, since events mostly fill the ten
seconds.

Dims: n = clips, T = segments, C = classes; labels are whole numbers (n, T), C stands for background.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.events import Labels

ORACLE = "the video's class in every second (oracle)"


def priors(train: Labels, clips: int, classes: int) -> dict[str, Labels]:
    """Labels (clips, T) of rules that have seen the training labels (n, T) only, by what they say."""
    shape = (clips, train.shape[1])
    return {
        "background in every second": np.full(shape, classes),
        "the most frequent label": np.full(shape, _most_frequent(train.ravel(), classes + 1)),
        "the most frequent label of each second": np.tile(
            np.array([_most_frequent(column, classes + 1) for column in train.T], dtype=np.int64), (clips, 1)
        ),
    }


def video_class_oracle(truth: Labels, classes: int, known: NDArray[np.int64] | None = None) -> Labels:
    """Labels (n, T) of an oracle that knows which class a video shows, and not when.

    Args:
        truth: true labels (n, T).
        classes: their number C.
        known: class of every video (n,), where a list names it; otherwise it is the class of most of its segments, the lower
            number of two, and background where there is none.
    """
    if known is None:
        counts = np.stack([np.bincount(row, minlength=classes + 1)[:classes] for row in truth])
        known = np.where(counts.any(axis=1), counts.argmax(axis=1), classes)
    return np.repeat(np.asarray(known, dtype=np.int64)[:, None], truth.shape[1], axis=1)


def _most_frequent(labels: NDArray[np.int64], kinds: int) -> int:
    return int(np.bincount(labels, minlength=kinds).argmax())
