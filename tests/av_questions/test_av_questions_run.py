"""A recipe of questions through every command: what it makes, tells, shows, keeps and does again."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from question_runs import METHODS, bound_of, content_of, opened
from same_bytes import require_nothing_done

from pipeline.datasets.av.questions import kind_name
from pipeline.records import roots
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.av.work import input_specs, sides_of, trials, units
from pipeline.tasks.av_questions.kinds import ALL
from pipeline.tasks.av_questions.result import GIVEN, read_result, told_of
from pipeline.training.checkpoint import Checkpoints
from stores import Store

Call = Callable[..., tuple[int, str, str]]


def test_figures_are_counts_of_right_answers_kind_by_kind(outcome: Outcome, ran: Path) -> None:
    """Counted here question by question, from what the store holds."""
    result, bound = outcome.result, bound_of(ran)
    asked = bound.of("test")
    assert [each.name for each in result.methods] == list(METHODS) and result.clips == result.listed == len(asked)
    assert result.videos == len({question.name for question in asked}) and not result.partial
    for trial in trials(bound):
        told, given = told_of(bound, trial, sides_of(bound)), Counter[tuple[str, str]]()
        assert told.probabilities.shape == (3, len(asked), len(bound.clips.answers))
        np.testing.assert_allclose(told.probabilities.sum(-1), 1, atol=1e-5)
        for number, question in enumerate(asked):
            names = (ALL, question.kind[0], kind_name(question.kind))
            for place, what in enumerate(GIVEN):
                said = bound.clips.answers[int(told.probabilities[place, number].argmax())]
                given.update((what, name) for name in names if said == question.answer)
        own = result.of(trial.what)
        assert own.main == own.scores[ALL]
        for name, scores in own.scores.items():
            assert scores.value == pytest.approx(given[GIVEN[0], name] / result.sizes[name]), (trial.what, name)
            assert scores.low <= scores.value <= scores.high
            for what in GIVEN[1:]:
                assert result.alone[trial.what][what][name] == pytest.approx(given[what, name] / result.sizes[name])
    assert read_result(bound) == result


def test_what_neither_looks_nor_listens_stands_beside(outcome: Outcome, ran: Path) -> None:
    bound = bound_of(ran)
    train, test = bound.of("train"), bound.of("test")
    wanted = {
        "most common answer": lambda question: "",
        "most common of each kind": lambda question: question.kind,
        "most common of each question": lambda question: question.tokens,
    }
    assert list(outcome.result.beside) == list(wanted)
    for name, of in wanted.items():
        right = 0
        for question in test:
            alike = Counter(other.answer for other in train if of(other) == of(question))
            right += bool(alike) and alike.most_common(1)[0][0] == question.answer
        assert outcome.result.beside[name][ALL] == pytest.approx(right / len(test)), name


def test_without_a_side_means_zeros_there_and_nothing_else_changes(ran: Path) -> None:
    """One that reads sound alone answers without the picture as with it; one that reads nothing answers always alike."""
    bound = bound_of(ran)
    found = {t.what: told_of(bound, t, sides_of(bound)) for t in trials(bound)}
    both, seen, heard = found["audio alone"].probabilities
    np.testing.assert_allclose(both, heard, atol=1e-6)
    assert np.abs(both - seen).max() > 1e-4
    both, seen, heard = found["question only"].probabilities
    assert np.array_equal(both, seen) and np.array_equal(both, heard)
    for name in ("head-only", "parallel", "late", "copl"):
        told = found[name]
        np.testing.assert_allclose(told.shares.sum(-1), 1, atol=1e-5)
        np.testing.assert_allclose(told.moments.sum(-1), 1, atol=1e-5)
        both, seen, heard = told.probabilities
        assert np.abs(both - seen).max() > 1e-5 and np.abs(both - heard).max() > 1e-5
    assert np.isnan(found["audio alone"].shares).all() and np.isnan(found["question only"].moments).all()
    assert np.isnan(found["audio alone"].moments[:, 0]).all() and not np.isnan(found["audio alone"].moments[:, 1]).any()


def test_each_method_reads_its_own_inputs_and_nothing_twice(ran: Path) -> None:
    bound = bound_of(ran)
    cuts = {
        unit.method: [spec.fields.get("cut", "pixels") for spec in input_specs(bound, unit.config)]
        for unit in units(bound)
    }
    last, before = "block07", "block06"
    assert cuts == {
        "question only": [], "audio alone": [last] * 2, "head-only": [last] * 3,
        "parallel": [before, last, before, last, last], "late": ["stage4"] * 2, "copl": ["pixels", "pixels", last],
    }  # fmt: skip
    kinds = Counter(artifact.spec.kind for artifact in bound.store.artifacts())
    assert kinds == {
        "sources": 3, "features": 7, "question-prompts": 6, "question-results": 6, "learned-questions": 1
    }  # fmt: skip
    rows = Counter(a.manifest.rows for a in bound.store.artifacts() if a.spec.kind in ("sources", "features"))
    assert rows == {36: 8, 12: 2}  # a grid of four frames is of the clips that are learned from alone


def test_the_epoch_that_answers_is_the_best_on_val(outcome: Outcome, ran: Path) -> None:
    bound = bound_of(ran)
    for unit, each in zip(units(bound), outcome.result.methods, strict=True):
        checkpoints = Checkpoints(bound.store.artifact(unit.spec))
        assert (checkpoints.answer(),) == each.epochs and checkpoints.is_finished(unit.epochs)
        assert (
            unit.spec.fields["words"] == list(bound.clips.words) and unit.spec.fields["longest"] == bound.clips.longest
        )


def test_a_second_run_does_nothing(finished: Path) -> None:
    require_nothing_done(finished, bound_of)


def test_another_method_costs_itself_only_and_the_garbage_of_one_that_went_is_found(finished: Path) -> None:
    methods = {name: options for name, options in METHODS.items() if name != "parallel"}
    bound = opened(finished, content_of(methods={**methods, "global": {**METHODS["late"], "rung": "global"}}))
    missing = {(step.stage, step.what): step.missing for step in plan_run(bound) if step.missing}
    assert missing == {("learn", "global"): 2, ("judge", "global"): len(bound.of("test"))}
    run_recipe(bound)
    garbage = Store(finished / "workspace").gc(roots(finished / "workspace"))
    assert sorted(Path(str(each.path)).parent.name for each in garbage) == [
        "features", "features", "features", "question-prompts", "question-results", "sources"
    ]  # fmt: skip


def test_the_report_shows_figures_kinds_sides_clips_and_cost(outcome: Outcome) -> None:
    page = outcome.report.read_text("utf-8")
    for title in (
        "Results",
        "By kind of question",
        "What each side brings",
        "Questions and answers",
        "What it costs",
        "Lineage",
    ):
        assert f"<h2>{title}</h2>" in page
    for each in outcome.result.methods:
        assert (
            each.name in page and f"{100 * each.main.value:.1f}" in page and f"{sum(each.numbers.values()):,}" in page
        )
    for told in ("Audio-Visual, Counting", "most common of each question", "picture alone", "sound alone", "right is "):
        assert told in page
    assert (
        page.count('class="strip picture"') == page.count('class="strip sound"') > 0
        and 'class="question wrong"' in page
    )


def test_status_retry_and_verify_know_it(call: Call, finished: Path) -> None:
    recipe, workspace = finished / "recipe.yaml", finished / "workspace"
    code, out, _ = call("status", recipe, "-w", workspace, "--json")
    found = json.loads(out)
    assert code == 0 and [step for step in found["missing"] if step["missing"]] == [] and found["failed"] == []
    assert {each["kind"] for each in found["stored"]} == {
        "sources", "features", "question-prompts", "question-results", "learned-questions"
    }  # fmt: skip
    assert json.loads(call("retry", recipe, "-w", workspace, "--failed", "--json")[1]) == []
    assert call("store", "verify", "-w", workspace)[0] == 0
    assert json.loads(call("refresh", recipe, "-w", workspace, "--json")[1])["verdict"] == "nothing new"
    assert not Store(workspace).gc(roots(workspace))


def test_tables_and_values_say_the_same(call: Call, finished: Path, outcome: Outcome) -> None:
    recipe, workspace = finished / "recipe.yaml", finished / "workspace"
    values = json.loads(call("evaluate", recipe, "-w", workspace, "--json")[1])
    copl = values["methods"]["copl"]
    assert copl["accuracy"][ALL][0] == outcome.result.of("copl").main.value
    assert copl["alone"]["sound alone"][ALL] == outcome.result.alone["copl"]["sound alone"][ALL]
    assert values["questions"] == outcome.result.clips and values["clips"] == outcome.result.videos
    told = " ".join(call("evaluate", recipe, "-w", workspace)[1].split())
    assert f"few: {outcome.result.clips} test questions about {outcome.result.videos} clips" in told
    assert "by kind of question" in told and "without one side of the clips" in told
    learned = json.loads(call("train", recipe, "-w", workspace, "--json")[1])
    assert learned["epochs"] == 0 and [each["method"] for each in learned["learned"]] == list(METHODS)
