"""What is told of classes grows as their number does: calls and bytes are counted."""

import functools
import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from counting import Counted, calls, growth, uses

from pipeline.datasets.rows import MediaRow
from pipeline.evaluation import EvaluationResult, render_table
from pipeline.evaluation.evaluate import judge_scores, targets_of
from pipeline.evaluation.metrics import confusion_matrix, confusions, predicted
from pipeline.records import RunRecord
from pipeline.report.classes import class_section
from pipeline.report.data import ReportData
from pipeline.tasks.sentences import lineage

FILES = 50


def judged(classes: int) -> ReportData:
    """50 files, of two classes each, among many."""
    rng = np.random.default_rng(classes)
    labels = [f"class {number}" for number in range(classes)]
    rows = [MediaRow(str(n), f"{n}.png", tuple(sorted({labels[n], labels[n // 2]}))) for n in range(FILES)]
    scores = {name: rng.normal(size=(FILES, classes)) for name in ("zero-shot (single template)", "TaAM-CPT")}
    result = EvaluationResult(modalities=(judge_scores("image", rows, labels, scores),))
    return ReportData("many", "", result, targets={"image": targets_of(rows, labels)}, scores={"image": scores})


def test_a_report_of_many_classes_makes_no_cell_for_each_pair() -> None:
    def made(classes: int) -> int:
        data = judged(classes)
        (modality,) = data.result.modalities
        return calls(lambda: class_section(data, modality))

    assert growth(made, 200) < 2.3


def test_the_table_of_figures_is_as_long_for_many_classes() -> None:
    results = [judged(classes).result for classes in (60, 960)]
    few, many = (calls(functools.partial(render_table, result)) for result in results)
    assert many < few + 3000


def test_mistakes_among_many_classes_take_the_room_of_the_files() -> None:
    classes = 6000
    rng = np.random.default_rng(0)
    scores, targets = rng.random((FILES, classes)), np.zeros((FILES, classes), bool)
    targets[np.arange(FILES), np.arange(FILES) * 7] = True
    targets[:10, 3] = True
    tracemalloc.start()
    try:
        pairs, counts = confusions(scores, targets)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3 * scores.nbytes  # a matrix of all pairs has 288 MB, the scores have 2.4
    told = {(i, j): n for (i, j), n in zip(pairs.tolist(), counts.tolist(), strict=True)}
    wanted: dict[tuple[int, int], int] = {}
    for true, guessed in zip(targets, predicted(scores, targets), strict=True):
        for i in np.flatnonzero(true).tolist():
            for j in np.flatnonzero(guessed).tolist():
                wanted[i, j] = wanted.get((i, j), 0) + 1
    assert told == wanted and pairs.tolist() == sorted(map(list, wanted))


@pytest.mark.parametrize("classes", [3, 40])
def test_the_most_frequent_mistakes_are_those_of_the_whole_matrix(classes: int) -> None:
    rng = np.random.default_rng(classes)
    labels = [f"class {number}" for number in range(classes)]
    rows = [MediaRow(str(n), f"{n}.png", (labels[n % 3],)) for n in range(300)]
    scores = {name: rng.normal(size=(300, classes)) for name in ("zero-shot (single template)", "TaAM-CPT")}
    modality = judge_scores("image", rows, labels, scores)
    targets = targets_of(rows, labels)
    data = ReportData(
        "", "", EvaluationResult(modalities=(modality,)), targets={"image": targets}, scores={"image": scores}
    )
    page = str(class_section(data, modality)).partition("Most frequent mistakes")[2]
    matrix = confusion_matrix(scores["TaAM-CPT"], targets)
    wrong = matrix * ~np.eye(classes, dtype=bool)
    told = [divmod(int(i), classes) for i in np.argsort(-wrong, axis=None, kind="stable")[:10]]
    cells = [
        f'<td>{labels[i]}</td><td>{labels[j]}</td><td class="num">{wrong[i, j]}</td>' for i, j in told if wrong[i, j]
    ]
    assert f"<tbody>{''.join(f'<tr>{cell}</tr>' for cell in cells)}</tbody>" in page


def test_a_checkpoint_is_held_against_a_recipe_in_proportion_to_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = {}

    def compared(count: int) -> int:
        columns = [["image", Counted(f"class {n}")] for n in range(count)]
        parts = {"method_version": 1, "options": {}, "seed": 1, "texts": {}}
        trained = SimpleNamespace(fields={**parts, "columns": columns}, parents=())
        context = SimpleNamespace(
            candidates=SimpleNamespace(columns=tuple(lineage.Column(*each) for each in columns)),
            sentences_print=lambda modality, names: asked.setdefault((count, modality), list(names)) and "",
        )
        return uses(lambda: lineage._same_but_labels(trained, context, RunRecord(), False))

    monkeypatch.setattr(lineage, "_spec", lambda *_: SimpleNamespace(fields={"method_version": 1, "options": {}, "seed": 1,
                                                                            "texts": {}}))  # fmt: skip
    monkeypatch.setattr(lineage, "_parents", lambda *_: [])
    assert growth(compared, 50) < 2.3
    assert asked[50, "image"] == [f"class {n}" for n in range(50)]
