"""What a run says of classes by themselves where files show several: probabilities, thresholds, and how well they name classes.

Dims: n judged files, m held-out files, C classes.
"""

import numpy as np

from pipeline.evaluation.held_out import SeveralClasses
from pipeline.evaluation.independent import Independent
from pipeline.evaluation.metrics import Bools, f1_scores, micro_f1
from pipeline.evaluation.result import ModalityResult
from pipeline.evaluation.similarity import Floats


def with_several(
    result: ModalityResult, found: Independent | None, why: str, scores: Floats, targets: Bools, files: int
) -> ModalityResult:
    """The result with the thresholds of its published method, and their F1 on the judged files.

    Args:
        result: of the evaluation.
        found: what was fitted to held-out files; None where nothing could be.
        why: nothing could be.
        scores: (n, C) of the published method on the judged files.
        targets: (n, C) their classes; files without one are left out.
        files: that it was fitted to, m.
    """
    if found is None:
        return result.model_copy(update={"several": SeveralClasses(files=files, undefined=why)})
    judged = targets.any(axis=1)
    named = found.probabilities(scores[judged]) >= found.thresholds
    by_class = f1_scores(named, targets[judged])
    there = by_class[~np.isnan(by_class)]
    told = SeveralClasses(
        files=files,
        thresholds=tuple(found.thresholds.tolist()),
        f1=tuple(None if np.isnan(value) else value for value in by_class.tolist()),
        micro_f1=micro_f1(named, targets[judged]) if len(there) else None,
        macro_f1=float(there.mean()) if len(there) else None,
    )
    return result.model_copy(update={"several": told})
