"""The unlabelled files assigned together: a soft assignment that starts from the names and goes back and forth ten times."""

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.label_free.base import Material, Rung, softmax, unit

SHARPNESS, WORTH, ROUNDS = 5.0, 10.0, 10


def together(material: Material) -> NDArray[np.float64]:
    """Logarithms of what each file is given to each class, (n, C), up to a constant a file.

    r = softmax(5/s x.w + log pi), then w_c = norm(10 z_c + sum_i r_ic x_i) and, with a free class prior,
    pi_c = (sum_i r_ic + 1)/(n + C). s is the mean over files of the deviation of x.z over the classes, so that encoders whose
    cosines lie close together are not taken for undecided.
    """
    assert material.media is not None
    media, classes = unit(material.media), material.classes
    start = material.prior
    spread = float((media @ start.T).std(axis=1).mean())
    sharp = (
        SHARPNESS / spread if spread > 0 else SHARPNESS
    )  # of one class, or of equal names, nothing can be told anyway
    vectors, share = start, np.full(classes, 1 / classes)
    for number in range(ROUNDS):
        scores = sharp * media @ vectors.T + np.log(share)
        if number < ROUNDS - 1:
            given = softmax(scores)
            vectors = unit(WORTH * start + given.T @ media)
            if material.class_prior == "free":
                share = (given.sum(axis=0) + 1) / (len(media) + classes)
    return scores


TOGETHER = Rung("assigned together", "transductive", together, frozenset({"media"}))
