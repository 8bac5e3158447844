"""Probabilities that can be believed: a temperature for a run's scores, and how far its probabilities can be trusted.

A probability is p = softmax(s / T) over the classes (Guo et al. 2017, temperature scaling); T changes no answer, only how sure
it is. T minimises the negative log-likelihood -mean log p[true class], which is convex in 1/T.

Dims: n files, C classes, B bins of confidence.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.similarity import Floats

BINS = 15
"""Equal bins of confidence, as in Guo et al."""

CAUTION = 1.4
"""What the temperature is multiplied by where answers stand for labels: they err in part as the scores do, so that agreement
says more than there is. Measured on eight sets of texts (docs/calibration.md)."""

_NARROW, _WIDE = 0.02, 200.0  # how far the scores of a file may be spread, in units of T


@dataclass(frozen=True)
class Reliability:
    """How often a run is right where it is so and so sure.

    Attributes:
        files: (B,) files whose confidence lies in each bin; bins are equal parts of 0..1, from above the lower bound.
        confidence: (B,) their mean confidence; 0 without files.
        accuracy: (B,) the share of them that is answered right; 0 without files.
    """

    files: tuple[int, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]

    @property
    def error(self) -> float:
        """Expected calibration error: sum_b files_b / n * |accuracy_b - confidence_b|."""
        total = sum(self.files)
        parts = zip(self.files, self.confidence, self.accuracy, strict=True)
        return sum(count * abs(accuracy - confidence) for count, confidence, accuracy in parts) / max(total, 1)


def reliability(probabilities: Floats, true: NDArray[np.integer], bins: int = BINS) -> Reliability:
    """Bin the files by the probability of their answer.

    Args:
        probabilities: (n, C), rows sum to one.
        true: (n,) index of each file's class.
        bins: how many.
    """
    sure, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == true
    where = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    files = np.bincount(where, minlength=bins)
    count = np.maximum(files, 1)
    confidence = np.bincount(where, sure, minlength=bins) / count
    accuracy = np.bincount(where, right, minlength=bins) / count
    return Reliability(tuple(files.tolist()), tuple(confidence.tolist()), tuple(accuracy.tolist()))


def negative_log_likelihood(scores: Floats, true: NDArray[np.integer], temperature: float) -> float:
    """-mean log softmax(scores / temperature)[true], in nats."""
    logits = np.asarray(scores, np.float64) / temperature
    highest = logits.max(axis=1)
    whole = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
    return float((whole - logits[np.arange(len(true)), true]).mean())


def fit_temperature(scores: Floats, true: NDArray[np.integer]) -> float:
    """The temperature under which the true classes are likeliest, and one class of which nothing is known.

    The loss is -mean log p[true] - 1/n mean log p: files that are all right would ask for a temperature of 0, one unknown class
    more (the rule of succession) asks for some doubt, which n files outweigh. It has one valley in log T; T stops where a file's
    scores are spread over 200 T, or over 0.02 T.

    Args:
        scores: (n, C) before the softmax.
        true: (n,) index of each file's class.

    Raises:
        EvaluationError: there is no file, or only one class.
    """
    from scipy.optimize import minimize_scalar  # type: ignore[import-untyped]  # plans do without it

    values = np.asarray(scores, np.float64)
    if values.ndim != 2 or not len(values) or values.shape[1] < 2:
        raise EvaluationError(
            f"calibration: a temperature needs files and at least two classes; found scores of shape {values.shape}. "
            "Hold out more files: data: {hold_out: 0.2}"
        )
    spread = float(values.std(axis=1).mean()) or 1.0
    # log p[true] and the mean of log p are linear in the scores but for the same normaliser
    wanted = float(values[np.arange(len(true)), true].mean() + values.mean() / len(values))
    weight, highest = 1 + 1 / len(values), values.max(axis=1, keepdims=True)

    def loss(log_temperature: float) -> float:
        b = np.exp(-log_temperature)
        whole = b * highest[:, 0] + np.log(np.exp(b * (values - highest)).sum(axis=1))
        return float(weight * whole.mean() - b * wanted)

    low, high = np.log(spread / _WIDE), np.log(spread / _NARROW)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(found.x))


def cautious_temperature(scores: Floats, answers: NDArray[np.integer]) -> float:
    """A temperature without labels: other answers about the same files stand for labels, with `CAUTION`.

    Args:
        scores: (n, C) before the softmax.
        answers: (n,) what the files get where they are assigned together.
    """
    return CAUTION * fit_temperature(scores, answers)
