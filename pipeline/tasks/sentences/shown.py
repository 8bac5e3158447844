"""The probabilities of a run's own files, as `predict` tells them of any file. Free of torch.

n: files, C: classes of one modality.
"""

import numpy as np

from pipeline.evaluation import TAAM_CPT
from pipeline.evaluation.result import ModalityResult
from pipeline.evaluation.similarity import probabilities, softmax
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.surety import surety_key, unpacked
from stores import Artifact


def shown_probabilities(
    context: BoundSentences, result: ModalityResult, scores: dict[str, np.ndarray], evaluation: Artifact
) -> np.ndarray:
    """Of the published method, (n, C): of each class by itself where that was fitted, else a softmax, else as the card says.

    Args:
        context: the recipe.
        result: of a modality.
        scores: method -> (n, C) cosines.
        evaluation: where `predict` finds what was fitted.
    """
    method, key = result.published, surety_key(result.modality)
    own = scores[method.name if method is not None else TAAM_CPT]
    independent = None if evaluation.missing([key]) else unpacked(evaluation.blob(key))[1]
    if independent is not None:
        return independent.probabilities(own)
    if method is not None and method.calibration is not None:
        return softmax(own, method.calibration.temperature)
    return probabilities(own, context.cards[result.modality].score)
