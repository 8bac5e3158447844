"""F1 of thresholds where files show several classes, by counting; and what a result says where nothing could be fitted."""

import json

import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipeline.datasets import MediaRow
from pipeline.evaluation import EvaluationResult, ModalityResult, Rungs, evaluate_modality, targets_of
from pipeline.evaluation.held_out import SeveralClasses
from pipeline.evaluation.independent import Independent, why_unfit
from pipeline.evaluation.metrics import f1_scores, micro_f1
from pipeline.evaluation.several import with_several
from pipeline.evaluation.similarity import cosine_scores
from pipeline.evaluation.tables import several_told

LABELS = ["a", "b", "c", "d"]
SHOWN = [("a", "b"), ("a",), ("b", "c"), ("c",), ("a", "c"), ()]


def result_of() -> tuple[ModalityResult, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    rows = [MediaRow(str(i), f"{i}.png", shown) for i, shown in enumerate(SHOWN)]
    features, vectors = rng.normal(size=(6, 5)), rng.normal(size=(4, 5))
    found = evaluate_modality("image", rows, LABELS, features, {"TaAM-CPT": vectors}, rungs=Rungs(published="TaAM-CPT"))
    return found, cosine_scores(features, vectors), targets_of(rows, LABELS)


def test_f1_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        targets, named = rng.random((30, 5)) < 0.3, rng.random((30, 5)) < 0.4
        targets[:, 3] = False
        own = f1_scores(named, targets)
        assert np.isnan(own[3])
        there = [0, 1, 2, 4]
        assert own[there] == pytest.approx(f1_score(targets[:, there], named[:, there], average=None, zero_division=0))
        assert micro_f1(named, targets) == pytest.approx(f1_score(targets, named, average="micro"))
    assert np.isnan(micro_f1(named, np.zeros_like(named)))


def test_a_result_tells_thresholds_and_what_they_are_worth_on_judged_files() -> None:
    result, scores, targets = result_of()
    fitted = Independent(4.0, np.array([0.1, -0.4, 0.3, 0.0]), np.array([0.5, 0.4, 0.6, 0.9]))
    found = with_several(result, fitted, "", scores, targets, files=7).several
    assert found is not None
    named = [
        [1 / (1 + np.exp(-(4 * s + b))) >= t for s, b, t in zip(row, fitted.offsets, fitted.thresholds, strict=True)]
        for row in scores[:5]  # the sixth file shows nothing, and is not judged
    ]
    by_class, right, all_of_them = [], 0, 0
    for c, label in enumerate(LABELS):
        hits = sum(named[i][c] and label in SHOWN[i] for i in range(5))
        total = sum(named[i][c] for i in range(5)) + sum(label in SHOWN[i] for i in range(5))
        right, all_of_them = right + hits, all_of_them + total
        by_class.append(2 * hits / total if any(label in SHOWN[i] for i in range(5)) else None)
    assert found.f1 == pytest.approx(by_class) and by_class[3] is None and 0 < right < all_of_them
    assert found.micro_f1 == pytest.approx(2 * right / all_of_them)
    assert found.macro_f1 == pytest.approx(np.mean([value for value in by_class if value is not None]))
    assert (found.thresholds, found.files, found.undefined) == ((0.5, 0.4, 0.6, 0.9), 7, "")
    told = several_told(found)
    assert told.startswith("classes are named from thresholds of 0.40 to 0.90 on, fitted to 7 files held out: F1 ")
    assert f"F1 {100 * found.micro_f1:.1f} (micro), {100 * found.macro_f1:.1f} (macro)" in told


def test_nothing_fitted_is_told_with_its_reason_and_survives_json() -> None:
    result, scores, targets = result_of()
    told = with_several(result, None, "none of the 3 held-out files shows a class of the run", scores, targets, 3)
    whole = EvaluationResult(modalities=(told,))
    assert EvaluationResult.from_json(whole.to_json()) == whole
    assert told.several == SeveralClasses(files=3, undefined="none of the 3 held-out files shows a class of the run")
    assert several_told(told.several).startswith("no probabilities of single classes: none of the 3 held-out files")
    before = json.loads(EvaluationResult(modalities=(result,)).to_json())
    assert "several" not in before["modalities"][0]  # where nothing is held out, results keep their bytes


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        ([[0, 0], [0, 0]], "none of the 2 held-out files shows a class of the run"),
        ([[1, 1]], "none of the 2 classes is shown by some of the 1 held-out files and not by others"),
        ([[1, 0], [1, 0]], "none of the 2 classes is shown by some of the 2 held-out files and not by others"),
        ([[1, 0], [0, 0]], ""),
    ],
)
def test_why_nothing_can_be_fitted(shown: list[list[int]], why: str) -> None:
    assert why_unfit(np.array(shown, bool)) == why
