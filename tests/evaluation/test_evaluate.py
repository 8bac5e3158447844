import numpy as np
import pytest
from rich.console import Console
from rich.table import Table

from pipeline.datasets.rows import MediaRow
from pipeline.evaluation import (
    SINGLE_TEMPLATE,
    TAAM_CPT,
    TEMPLATE_ENSEMBLE,
    EvaluationError,
    EvaluationResult,
    ExternalScores,
    ModalityResult,
    evaluate_modality,
    render_class_table,
    render_table,
)

LABELS = ["cat", "dog", "[red]cow"]
FEATURES = np.array([[2.0, 1.0, 0.0], [0.0, 1.0, 0.9], [0.0, 0.0, 5.0], [1.0, 1.0, 1.0]], np.float16)
ROWS = [MediaRow("a", "a.png", ("cat",)), MediaRow("b", "b.png", ("[red]cow",)),
        MediaRow("c", "c.png", ("[red]cow",)), MediaRow("d", "d.png", ("yeti",))]  # fmt: skip
SWAPPED = np.eye(3)[[1, 0, 2]]
CLASSIFIERS = {SINGLE_TEMPLATE: SWAPPED, TEMPLATE_ENSEMBLE: SWAPPED, TAAM_CPT: np.eye(3)}


def _evaluate(rows: list[MediaRow] = ROWS, **options: ExternalScores | None) -> ModalityResult:
    return evaluate_modality("image", rows, LABELS, FEATURES, CLASSIFIERS, **options)


def _text(table: Table) -> str:
    console = Console(width=140)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def test_single_labels_are_judged_by_top_1() -> None:
    result = _evaluate()
    assert (result.primary, result.single_label, result.rows, result.unlabelled) == ("top1", True, 3, 1)
    assert (result.unknown_labels, result.empty_classes, result.support) == (("yeti",), ["dog"], (1, 0, 2))
    # cat: found by the trained classifier alone. Of the two cows the first is nearer to dog (1.0 > 0.9), or,
    # under the swapped classifier, to what that calls cat.
    trained, single = result.method(TAAM_CPT), result.method(SINGLE_TEMPLATE)
    assert trained.metrics == {"top1": pytest.approx(2 / 3), "balanced": 0.75, "mAP": 1.0}
    assert single.metrics == {
        "top1": pytest.approx(1 / 3),
        "balanced": pytest.approx(0.25),
        "mAP": pytest.approx(3 / 4),
    }
    assert trained.accuracy == (1.0, None, 0.5)
    assert trained.average_precision == (1.0, None, 1.0)


def test_several_labels_are_judged_by_map() -> None:
    rows = [MediaRow("a", "a.png", ("cat", "dog")), *ROWS[1:]]
    result = _evaluate(rows)
    assert (result.primary, result.single_label) == ("mAP", False)
    assert result.by_class(result.method(TAAM_CPT)) == (1.0, 0.5, 1.0)


def test_top_5_needs_more_than_five_classes() -> None:
    rows = [MediaRow(str(i), f"{i}.png", (str(i),)) for i in range(6)]
    scored = evaluate_modality("audio", rows, list("012345"), np.eye(6), {TAAM_CPT: np.eye(6)[::-1]})
    # The reversed classifier gives 1 to the opposite class and 0 to the others; ties go to the earlier class.
    expected_ranks = [1, 2, 3, 3, 4, 5]
    assert scored.methods[0].metrics["top5"] == pytest.approx(sum(r < 5 for r in expected_ranks) / 6)
    five = evaluate_modality("audio", rows[:5], list("01234"), np.eye(5), {TAAM_CPT: np.eye(5)})
    assert set(five.methods[0].metrics) == {"top1", "balanced", "mAP"}


def test_an_external_model_stands_alone_and_with_every_trained_method() -> None:
    external = ExternalScores("swin", np.array([[0.8, 0.1, 0.1], [0, 0, 1], [0, 1, 0], [1, 0, 0]], float), "read as …")
    result = _evaluate(external=external)
    kinds = [(method.name, method.kind, method.note) for method in result.methods]
    assert kinds[2:] == [(TAAM_CPT, "trained", ""), ("swin", "external", "read as …"),
                         ("TaAM-CPT + swin", "ensemble", "read as …")]  # fmt: skip
    # P_T is nearly one-hot at 0.01: row 2 ends at P_S + P_T = (0, 1, 1 - tiny), a loss; rows 0 and 1 are won.
    assert result.method("TaAM-CPT + swin").metrics["top1"] == pytest.approx(2 / 3)
    with pytest.raises(EvaluationError, match="named 'TaAM-CPT' like one of our methods"):
        _evaluate(external=ExternalScores(TAAM_CPT, external.probabilities, ""))


def test_without_labels_there_are_no_metrics_but_a_result() -> None:
    result = _evaluate([MediaRow(str(i), "x.png", ()) for i in range(4)])
    assert (result.rows, result.unlabelled, result.method(TAAM_CPT).metrics) == (0, 4, {})
    assert "4 files without a label left out" in _text(render_table(EvaluationResult(modalities=(result,))))


def test_numbers_and_shapes_are_checked() -> None:
    with pytest.raises(EvaluationError, match=r"class vectors \(3, 2\) for features \(4, 3\).*same encoder"):
        evaluate_modality("image", ROWS, LABELS, FEATURES, {TAAM_CPT: np.ones((3, 2))})
    with pytest.raises(EvaluationError, match=r"scores \(4, 2\) for 4 image files and 3 classes"):
        evaluate_modality("image", ROWS, LABELS, FEATURES, {TAAM_CPT: np.ones((2, 3))})
    with pytest.raises(EvaluationError, match="not finite for 1 of 4 image files"):
        evaluate_modality("image", ROWS, LABELS, np.vstack([FEATURES[:3], [[np.nan] * 3]]), CLASSIFIERS)


def test_json_comes_back_and_is_deterministic() -> None:
    result = EvaluationResult(modalities=(_evaluate(),))
    assert EvaluationResult.from_json(result.to_json()) == result
    assert result.to_json() == EvaluationResult(modalities=(_evaluate(),)).to_json()
    with pytest.raises(EvaluationError, match="not a result of 'mmpt-pipeline evaluate': modalities: Field required"):
        EvaluationResult.from_json("{}")


def test_tables_show_percent_and_the_gain() -> None:
    result = _evaluate()
    text = _text(render_table(EvaluationResult(modalities=(result,))))
    assert "66.7" in text and "+33.3 top-1" in text and "top-5" not in text
    assert "image: 3 files, 3 classes; 1 files without a label left out" in text
    lines = [line for line in _text(render_class_table(result)).splitlines() if "│" in line]
    assert [line.split("│")[1].strip() for line in lines] == ["cat", "[red]cow", "dog"]
    assert "+100.0" in lines[0] and "+0.0" in lines[1] and lines[2].count("-") == 3


def test_a_modality_whose_files_were_all_rejected_has_a_result() -> None:
    result = evaluate_modality("image", [], LABELS, np.zeros((0, 3), np.float32), CLASSIFIERS)
    assert (result.rows, result.support, [m.metrics for m in result.methods]) == (0, (0, 0, 0), [{}, {}, {}])
    _text(render_table(EvaluationResult(modalities=(result,))))
    _text(render_class_table(result))
