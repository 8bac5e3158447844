"""How sure a run may be: its temperatures, its thresholds where files show several classes, and what its files look like.

What is fitted, is fitted to labels that the recipe holds out; where it holds out none, to what the files get where they are
assigned together; of a run without files nothing can be fitted. Free of torch.

C: classes of one modality, d: width of the shared space.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation import TAAM_CPT, TEMPLATE_ENSEMBLE, Rungs, cosine_scores, targets_of
from pipeline.evaluation.calibrate import Standard
from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.independent import Independent, fit_independent, why_unfit
from pipeline.evaluation.similarity import softmax
from pipeline.evaluation.strangers import Familiar, familiar
from pipeline.methods.label_free.base import Material
from pipeline.methods.label_free.together import TOGETHER
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.judged import Judged, held_out
from pipeline.tasks.sentences.ladder import several
from stores import text_key


@dataclass(frozen=True)
class Surety:
    """What a modality's probabilities are made with.

    Attributes:
        standard: what temperatures are fitted to.
        familiar: what the files look like; None where there are too few.
        independent: probabilities and thresholds where files show several classes; None where none can be fitted.
        undefined: why none can be, where labels are held out for them.
    """

    standard: Standard
    familiar: Familiar | None = None
    independent: Independent | None = None
    undefined: str = ""


def surety(
    context: BoundSentences, modality: str, found: Judged, vectors: Mapping[str, np.ndarray], rungs: Rungs
) -> Surety:
    """Fit what there is to fit.

    Args:
        context: the recipe.
        modality: whose files.
        found: the judged ones; no label of theirs is used.
        vectors: classifier -> (C, d).
        rungs: of the ladder, with what the files get together.
    """
    kept = context.recipe.evaluate.familiar
    unfitted = unfitted_temperature(context, modality)
    nothing = Standard("nothing", np.zeros((0, 0), np.float32), np.zeros(0, np.int64), unfitted)
    labels, held = context.candidates.labels(modality), held_out(context, modality)
    targets = targets_of(held.rows, labels)
    known = targets.any(axis=1)
    if held.rows and (several(context, modality) or (targets.sum(axis=1) > 1).any()):
        if why := why_unfit(targets):
            return Surety(nothing, undefined=why)
        scores = cosine_scores(held.features, vectors[rungs.published or TAAM_CPT])
        return Surety(nothing, independent=fit_independent(scores, targets))
    if known.any():
        features, targets = held.features[known], targets[known]
        standard = Standard("labels held out", features, targets.argmax(axis=1), unfitted)
        return Surety(standard, _familiar(vectors[TEMPLATE_ENSEMBLE], features, targets.astype(np.float64), kept))
    if TOGETHER.name in rungs.scores:
        shares = softmax(_together(vectors[rungs.published or TEMPLATE_ENSEMBLE], found.features))
        standard = Standard("files assigned together", found.features, shares.argmax(axis=1), unfitted)
        return Surety(standard, _familiar(vectors[TEMPLATE_ENSEMBLE], found.features, shares, kept))
    return Surety(nothing)


def surety_key(modality: str) -> str:
    """Where an artifact of figures holds what `predict` makes a modality's probabilities with."""
    return text_key(f"surety of {modality}")


def packed(found: Surety) -> bytes:
    """What `predict` needs of it, as an npz file."""
    arrays: dict[str, np.ndarray] = {}
    if found.familiar is not None:
        arrays["centres"] = found.familiar.centres
        arrays["familiar"] = np.array([found.familiar.threshold, found.familiar.kept])
    if found.independent is not None:
        arrays |= {"offsets": found.independent.offsets, "thresholds": found.independent.thresholds}
        arrays["slope"] = np.array([found.independent.slope])
    out = io.BytesIO()
    np.savez(out, **arrays)  # type: ignore[arg-type]  # its stubs take names for options
    return out.getvalue()


def unpacked(content: bytes) -> tuple[Familiar | None, Independent | None]:
    """What `packed` wrote."""
    with np.load(io.BytesIO(content)) as arrays:
        seen = independent = None
        if "centres" in arrays:
            threshold, kept = arrays["familiar"].tolist()
            seen = Familiar(arrays["centres"], threshold, kept)
        if "offsets" in arrays:
            independent = Independent(float(arrays["slope"][0]), arrays["offsets"], arrays["thresholds"])
    return seen, independent


def unfitted_temperature(context: BoundSentences, modality: str) -> float:
    """What the encoder was trained with, as its card says: one answer for the evaluation and for `predict`."""
    return 1 / context.cards[modality].score.scale


def _together(vectors: np.ndarray, features: np.ndarray) -> np.ndarray:
    """What files (n, d) get together, (n, C), where the start is the published classifier (C, d) and not the names alone."""
    nothing = np.zeros((0, vectors.shape[1]), np.float32)
    none = np.zeros((0, 1), np.int64)
    return TOGETHER.solve(Material(names=vectors[None], sentences=nothing, carries=none, media=features))


def _familiar(names: np.ndarray, features: np.ndarray, belongs: np.ndarray, kept: float) -> Familiar | None:
    try:
        return familiar(names, features, belongs, kept)
    except EvaluationError:  # too few
        return None
