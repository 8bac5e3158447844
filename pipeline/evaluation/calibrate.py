"""Put temperatures, and what they are worth, into a result; fit them to whatever there is.

Dims: n judged files, m files that a temperature is fitted to, C classes, d width of the embedding space.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluation.calibration import (
    cautious_temperature,
    fit_temperature,
    negative_log_likelihood,
    reliability,
)
from pipeline.evaluation.metrics import Bools
from pipeline.evaluation.result import Calibration, FittedTo, ModalityResult
from pipeline.evaluation.similarity import Floats, cosine_scores, softmax

UNFITTED = 0.01
"""What contrastive encoders are trained with (CLIP's bound), unless their card says otherwise."""

_CELLS = 20_000_000  # files x classes that a temperature is fitted to at most; they are spread evenly over the files


@dataclass(frozen=True)
class Standard:
    """What the temperatures of a modality are fitted to.

    Attributes:
        kind: labels that were held out, or what files get together, or nothing.
        features: (m, d).
        answers: (m,) each file's class by these labels, or by that assignment.
        unfitted: the temperature where nothing can be fitted: the one that the encoder was trained with.
    """

    kind: FittedTo
    features: Floats
    answers: NDArray[np.int64]
    unfitted: float = UNFITTED

    def temperature(self, vectors: Floats) -> float:
        """Of a classifier (C, d)."""
        if self.kind == "nothing" or not len(self.answers) or len(vectors) < 2:
            return self.unfitted
        step = -(-len(self.answers) * len(vectors) // _CELLS)
        scores, answers = cosine_scores(self.features[::step], vectors), self.answers[::step]
        labelled = self.kind == "labels held out"
        return fit_temperature(scores, answers) if labelled else cautious_temperature(scores, answers)


def with_calibration(
    result: ModalityResult,
    standard: Standard,
    vectors: Mapping[str, Floats],
    scores: Mapping[str, Floats],
    targets: Bools,
) -> ModalityResult:
    """The result with the temperature of every classifier, and how far its probabilities can be trusted.

    Where files show several classes, probabilities of a softmax mean little, and there are none here.

    Args:
        result: of the evaluation.
        standard: what temperatures are fitted to.
        vectors: classifier -> (C, d).
        scores: method -> (n, C) on the judged files.
        targets: (n, C) their classes; files without one are left out.
    """
    if not result.single_label or not result.rows:
        return result
    judged = targets.any(axis=1)
    true = targets[judged].argmax(axis=1)
    methods = []
    for method in result.methods:
        if method.metrics and method.name in vectors:
            temperature = standard.temperature(vectors[method.name])
            own = scores[method.name][judged]
            found = reliability(softmax(own, temperature), true)
            calibration = Calibration(
                temperature=temperature, fitted_to=standard.kind, files=len(standard.answers), error=found.error,
                likelihood=negative_log_likelihood(own, true, temperature),
                bins=tuple(zip(found.files, found.confidence, found.accuracy, strict=True)) if method.published else (),
            )  # fmt: skip
            method = method.model_copy(update={"calibration": calibration})
        methods.append(method)
    return result.model_copy(update={"methods": tuple(methods)})
