"""A recipe of audio-visual events through every command: what it makes, tells, shows, keeps and does again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from event_runs import METHODS, bound_of, opened
from same_bytes import require_nothing_done

from pipeline.evaluation.event_priors import ORACLE, priors, video_class_oracle
from pipeline.evaluation.events import event_scores
from pipeline.records import read_run, roots
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.av.work import input_specs, sides_of, trials, units
from pipeline.tasks.av_events.result import read_result, told_of, truth_of
from pipeline.training.checkpoint import Checkpoints
from stores import Store

Call = Callable[..., tuple[int, str, str]]


def test_figures_stand_beside_what_needs_no_model(outcome: Outcome, ran: Path) -> None:
    result, bound = outcome.result, bound_of(ran)
    assert [each.name for each in result.methods] == list(METHODS)
    truth = truth_of(bound.of("test"))
    assert truth.shape == (5, 10) and (result.clips, result.listed, result.partial) == (5, 5, False)
    wanted = {**priors(truth_of(bound.of("train")), 5, 8), ORACLE: video_class_oracle(truth, 8)}
    assert result.beside == {name: event_scores(labels, truth, 8) for name, labels in wanted.items()}
    for each in result.methods:
        assert 0 <= each.main.low <= each.main.value <= each.main.high <= 1
        assert each.seeds == (each.main.value,)  # one seed
    assert result.methods[0].over_first is None and result.methods[1].over_before is None
    late, copl = result.of("late"), result.of("copl")
    assert copl.over_before.value == pytest.approx(copl.main.value - late.main.value)
    assert copl.over_first.value == pytest.approx(copl.main.value - result.methods[0].main.value)


def test_the_epoch_that_answers_is_the_best_on_val(outcome: Outcome, ran: Path) -> None:
    bound = bound_of(ran)
    for unit, each in zip(units(bound), outcome.result.methods, strict=True):
        checkpoints = Checkpoints(bound.store.artifact(unit.spec))
        assert (checkpoints.answer(),) == each.epochs and checkpoints.is_finished(2)
        chosen = unit.spec.fields["chosen_on"]
        assert chosen and unit.spec.fields["train"] != chosen


def test_each_variant_reads_its_own_cut_and_nothing_twice(ran: Path) -> None:
    bound = bound_of(ran)
    cuts = {
        unit.method: [spec.fields.get("cut", "pixels") for spec in input_specs(bound, unit.config)]
        for unit in units(bound)
    }
    assert cuts == {
        "head-only": ["block07"] * 2, "visual alone": ["block07"] * 2, "late": ["stage4"] * 2, "copl": ["pixels"] * 2,
        "parallel": ["block06", "block07"] * 2,
    }  # fmt: skip
    stored = [artifact.spec for artifact in bound.store.artifacts()]
    kinds = [spec.kind for spec in stored]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "sources": 2, "features": 6, "event-prompts": 5, "event-results": 5
    }  # fmt: skip
    rows = {
        artifact.manifest.rows for artifact in bound.store.artifacts() if artifact.spec.kind in ("sources", "features")
    }
    assert rows == {17}


def test_a_second_run_does_nothing(finished: Path) -> None:
    require_nothing_done(finished, bound_of)


def test_another_method_costs_itself_only_and_the_garbage_of_one_that_went_is_found(finished: Path) -> None:
    content = json.loads(json.dumps(bound_of(finished).recipe.model_dump(mode="json", exclude={"workspace"})))
    methods = {name: options for name, options in METHODS.items() if name != "copl"}
    content["methods"] = {**methods, "global": {**METHODS["late"], "rung": "global"}}
    del content["publish"]
    bound = opened(finished, content)
    missing = {(step.stage, step.what): step.missing for step in plan_run(bound) if step.missing}
    assert missing == {("learn", "global"): 2, ("judge", "global"): 5}
    run_recipe(bound)
    garbage = Store(finished / "workspace").gc(roots(finished / "workspace"))
    assert sorted(Path(str(each.path)).parent.name for each in garbage) == ["event-prompts", "event-results"]


def test_the_report_shows_ladder_time_lines_and_cost(outcome: Outcome, ran: Path) -> None:
    page = outcome.report.read_text("utf-8")
    for title in ("Results", "Time lines", "What it costs", "Learning", "Lineage"):
        assert f"<h2>{title}</h2>" in page
    for each in outcome.result.methods:
        assert (
            each.name in page and f"{100 * each.main.value:.1f}" in page and f"{sum(each.numbers.values()):,}" in page
        )
    assert "circle with bell" in page and "background" in page and 'class="timeline"' in page
    assert page.count('<th scope="row">visual alone</th>') == page.count('<th scope="row">what is there</th>') > 0
    assert "the most frequent label" in page and "oracle" in page
    assert "below-prior" in json.dumps(read_run(ran / "workspace/runs/few").warnings) or "Warnings" not in page


def test_status_retry_and_verify_know_it(call: Call, finished: Path) -> None:
    recipe, workspace = finished / "recipe.yaml", finished / "workspace"
    code, out, _ = call("status", recipe, "-w", workspace, "--json")
    found = json.loads(out)
    assert code == 0 and [step for step in found["missing"] if step["missing"]] == [] and found["failed"] == []
    assert {each["kind"] for each in found["stored"]} == {"sources", "features", "event-prompts", "event-results"}
    assert json.loads(call("retry", recipe, "-w", workspace, "--failed", "--json")[1]) == []
    assert call("store", "verify", "-w", workspace)[0] == 0
    assert json.loads(call("refresh", recipe, "-w", workspace, "--json")[1])["verdict"] == "nothing new"
    assert "0 artifacts" in (told := call("store", "gc", "-w", workspace, "--yes")[1]) or "nothing" in told


def test_tables_and_values_say_the_same(call: Call, finished: Path, outcome: Outcome) -> None:
    recipe, workspace = finished / "recipe.yaml", finished / "workspace"
    values = json.loads(call("evaluate", recipe, "-w", workspace, "--json")[1])
    assert values["methods"]["copl"]["accuracy"][0] == outcome.result.of("copl").main.value
    assert values["clips"] == 5 and values["partial"] is False and values["protocol"] == "val"
    told = " ".join(call("evaluate", recipe, "-w", workspace)[1].split())
    assert "few: 5 test clips, percent, 95 % intervals over clips" in told and "the most" in told
    learned = json.loads(call("train", recipe, "-w", workspace, "--json")[1])
    assert learned["epochs"] == 0 and [each["method"] for each in learned["learned"]] == list(METHODS)


def test_every_method_has_an_answer_of_its_own(ran: Path) -> None:
    bound = bound_of(ran)
    told = {t.what: told_of(bound, t, sides_of(bound)).probabilities for t in trials(bound)}
    assert len({each.tobytes() for each in told.values()}) == len(METHODS)
    for shares in told.values():
        np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-5)


def test_figures_are_read_back_from_what_was_said(ran: Path, outcome: Outcome) -> None:
    bound = bound_of(ran)
    assert read_result(bound) == outcome.result
    for trial in trials(bound):
        artifact: Any = bound.store.artifact(trial.spec)
        (counts,) = (json.loads(artifact.blob(key)) for key in artifact.keys() if artifact.blob(key).startswith(b"{"))
        shares = np.asarray(counts["counts"])
        accuracy = shares[:, 0].sum() / shares[:, 1].sum()
        assert accuracy == pytest.approx(outcome.result.of(trial.what).main.value)
