"""The ladder in a result: intervals of paired draws, rungs without an answer, what is published."""

import numpy as np
import pytest
from rich.console import Console

from pipeline.datasets.rows import MediaRow
from pipeline.evaluation import (
    SINGLE_TEMPLATE,
    TAAM_CPT,
    TEMPLATE_ENSEMBLE,
    EvaluationResult,
    ExternalScores,
    ModalityResult,
    Rungs,
    evaluate_modality,
    intervals,
    judge_scores,
    render_ladder,
    render_table,
)
from pipeline.evaluation.intervals import drawn_metrics, draws_of, interval

LABELS = [f"class {c}" for c in range(4)]


def scores_of(seed: int, targets: np.ndarray, noise: float) -> np.ndarray:
    return targets + noise * np.random.default_rng(seed).normal(size=targets.shape)


def one_label(files: int, seed: int = 0) -> np.ndarray:
    return np.eye(4, dtype=bool)[np.random.default_rng(seed).integers(0, 4, files)]


def rows_of(targets: np.ndarray) -> list[MediaRow]:
    return [MediaRow(f"{i}", f"{i}.png", tuple(np.array(LABELS)[t])) for i, t in enumerate(targets)]


def test_top_1_of_a_draw_is_that_of_the_files_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    targets = one_label(30)
    scores = {name: scores_of(seed, targets, 0.8) for seed, name in enumerate("ab")}
    found = drawn_metrics(scores, targets, "top1")
    monkeypatch.setattr(intervals, "_BLOCK", 30 * 7)  # seven draws at once are the same draws
    again = drawn_metrics(scores, targets, "top1")
    rng = np.random.default_rng(202)
    for b in range(1000):
        files = rng.integers(0, 30, 30)
        for name, values in scores.items():
            expected = (values[files].argmax(1) == targets[files].argmax(1)).mean()
            assert found[name][b] == again[name][b] == pytest.approx(expected, abs=1e-6)


def test_map_of_a_draw_counts_a_file_as_often_as_it_is_drawn() -> None:
    rng = np.random.default_rng(1)
    targets = rng.random((25, 4)) < 0.4
    scores = {"a": scores_of(3, targets, 0.7)}
    found, draws = drawn_metrics(scores, targets, "mAP")["a"], np.random.default_rng(202)
    for b in range(200):
        times = np.bincount(draws.integers(0, 25, 25), minlength=25)
        values = []
        for c in range(4):
            seen = hits = total = 0.0
            for i in sorted(range(25), key=lambda i: -scores["a"][i, c]):
                seen, hits = seen + times[i], hits + times[i] * targets[i, c]
                total += times[i] * targets[i, c] * hits / max(seen, 1)
            values += [total / hits] if hits else []
        assert found[b] == pytest.approx(np.mean(values), abs=1e-9)


def test_draws_of_map_are_bounded_by_their_cost() -> None:
    assert draws_of(50_000, 530, "top1") == draws_of(192, 16, "mAP") == 1000
    assert draws_of(40_000, 80, "mAP") == 100 and draws_of(10_000, 50, "mAP") == 400


def test_an_interval_holds_the_middle_of_the_draws_and_covers_a_known_difference() -> None:
    assert interval(np.arange(1001.0)) == pytest.approx((25.0, 975.0))
    assert interval(np.array([np.nan, 1.0, 1.0])) == (1.0, 1.0)
    covered = 0
    for seed in range(200):  # one method is right on 70 % of all files, the other on 60 %, and they err apart
        rng = np.random.default_rng(seed)
        targets = np.zeros((150, 2), bool)
        targets[:, 0] = True
        right = {"a": rng.random(150) < 0.7, "b": rng.random(150) < 0.6}
        scores = {name: np.stack([hit, 1 - hit], axis=1).astype(float) for name, hit in right.items()}
        drawn = drawn_metrics(scores, targets, "top1")
        low, high = interval(drawn["a"] - drawn["b"])
        covered += low <= 0.1 <= high
    assert 180 <= covered <= 199


def ladder(targets: np.ndarray) -> ModalityResult:
    named = {SINGLE_TEMPLATE: 1.2, TEMPLATE_ENSEMBLE: 0.9, "control": 1.0, TAAM_CPT: 0.7, "mean": 0.6}
    scores = {name: scores_of(seed, targets, noise) for seed, (name, noise) in enumerate(named.items())}
    order = (SINGLE_TEMPLATE, TEMPLATE_ENSEMBLE, "control", "mean", "gone", TAAM_CPT, "mixture")
    rungs = Rungs(
        kinds={"control": "control", "mean": "label-free", "gone": "label-free", "mixture": "transductive"},
        undefined={"gone": "there is no sentence", "mixture": "there is no sentence"}, order=order, published="mean",
    )  # fmt: skip
    external = ExternalScores("swin", scores["mean"], "read as it is")
    scores = dict(sorted(scores.items(), key=lambda each: order.index(each[0])))
    return judge_scores(
        "image", rows_of(targets), LABELS, scores | {"swin": scores["mean"]}, external=external, rungs=rungs
    )


def test_every_rung_is_compared_with_zero_shot_and_with_the_rung_below() -> None:
    result = ladder(one_label(300))
    assert [method.name for method in result.methods] == [
        SINGLE_TEMPLATE, TEMPLATE_ENSEMBLE, "control", "mean", "gone", TAAM_CPT, "mixture", "swin",
    ]  # fmt: skip
    below = {m.name: m.over_below.over if m.over_below else None for m in result.methods}
    assert below == {
        SINGLE_TEMPLATE: None, TEMPLATE_ENSEMBLE: SINGLE_TEMPLATE, "control": TEMPLATE_ENSEMBLE, "mean": "control",
        "gone": None, TAAM_CPT: "mean", "mixture": None, "swin": None,
    }  # fmt: skip
    baseline = result.best("zero-shot")
    assert baseline is not None and baseline.name == TEMPLATE_ENSEMBLE
    for method in result.methods:
        gain = method.over_zero_shot
        assert (gain is None) == (method.kind == "zero-shot" or bool(method.undefined))
        if gain is not None:
            assert gain.over == TEMPLATE_ENSEMBLE
            assert gain.difference == method.metrics["top1"] - baseline.metrics["top1"]
            assert gain.low <= gain.difference <= gain.high and gain.low < gain.high
    better = result.method("mean").over_zero_shot
    assert better is not None and better.low > 0, "three hundred files are enough to be sure of that"


def test_one_is_published_and_shown_as_such() -> None:
    result = ladder(one_label(300))
    assert [method.name for method in result.methods if method.published] == ["mean"]
    assert result.published is result.method("mean")
    assert '"published": true' in EvaluationResult(modalities=(result,)).to_json()
    console = Console(width=200)
    with console.capture() as capture:
        console.print(render_table(EvaluationResult(modalities=(result,))))
        console.print(render_ladder(EvaluationResult(modalities=(result,))))
    lines = capture.get().splitlines()
    in_figures, mean = [line for line in lines if "mean" in line and "│" in line]
    assert "(published)" in in_figures
    gain = result.method("mean").over_below
    assert gain is not None and f"({100 * gain.low:+.1f} to {100 * gain.high:+.1f})" in mean and "(published)" in mean
    (mixture,) = [line for line in lines if "mixture" in line and "│" in line]
    assert "(transductive)" in mixture and mixture.count("n/a") >= 2
    told = " ".join(" ".join(line.split()) for line in lines)  # captions are broken at the width of their table
    assert "n/a: gone, mixture: there is no sentence" in told
    assert "its 300 files drawn again 1,000 times" in told


def test_results_of_older_versions_are_read_and_publish_what_was_learned() -> None:
    targets = one_label(20)
    old = evaluate_modality("image", rows_of(targets), LABELS, np.eye(4)[targets.argmax(1)], {TAAM_CPT: np.eye(4)})
    content = old.model_dump(exclude={"draws", "learned_from"})
    for method in content["methods"]:
        for name in ("published", "undefined", "over_zero_shot", "over_below"):
            del method[name]
    read = ModalityResult.model_validate(content)
    assert read.published == read.method(TAAM_CPT) and read.method(TAAM_CPT).over_zero_shot is None


def test_files_that_nobody_labelled_have_no_interval() -> None:
    result = judge_scores("image", rows_of(np.zeros((5, 4), bool)), LABELS, {TAAM_CPT: np.zeros((5, 4))})
    assert result.draws == 0 and result.published is None and result.methods[0].over_below is None
