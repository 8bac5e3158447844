"""A recipe of open-vocabulary video through every command: what it makes, tells, shows, keeps and does again."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from same_bytes import require_nothing_done
from video_runs import METHODS, bound_of, content_of, opened

from pipeline.evaluation.base_novel import compared
from pipeline.miniature.world.reversals import BASE_CLASSES, NOVEL_CLASSES
from pipeline.records import roots
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.open_video.result import all_told, read_result
from pipeline.tasks.open_video.work import units
from pipeline.training.checkpoint import Checkpoints
from stores import Store

Call = Callable[..., tuple[int, str, str]]


def test_every_method_stands_beside_frozen_clip_on_both_halves(outcome: Outcome, ran: Path) -> None:
    result = outcome.result
    assert [each.name for each in result.methods] == ["frozen-clip", *METHODS]
    assert result.clips == result.listed == {"base": 8, "novel": 8} and not result.partial and not result.drawn
    told = all_told(bound_of(ran))
    for each in result.methods:
        for exam, classes in (("base", BASE_CLASSES), ("novel", NOVEL_CLASSES)):
            (said,) = told[each.name][exam]
            assert said.clips.classes == classes and said.said["answer"].shape == (8, 4)
            truth = [classes.index(row.labels[0]) for row in said.clips.rows]
            assert each.figures[exam].value == np.mean(said.said["answer"].argmax(-1) == truth) == each.seeds[exam][0]
            assert each.figures[exam].low <= each.figures[exam].value <= each.figures[exam].high
    assert result.methods[0].over == {} and result.methods[0].numbers == 0
    mov, frozen = result.of("mov").figures, result.methods[0].figures
    assert result.of("mov").over["H"].value == pytest.approx(mov["H"].value - frozen["H"].value)


def test_base_is_answered_by_v_m_and_novel_by_the_mix(ran: Path) -> None:
    told = all_told(bound_of(ran))["mov"]
    base, novel = told["base"][0].said, told["novel"][0].said
    np.testing.assert_array_equal(base["answer"], base["video"])
    np.testing.assert_array_equal(novel["answer"], novel["novel"])
    np.testing.assert_allclose(novel["answer"], 0.25 * novel["other"] + 0.75 * novel["frozen"], atol=1e-6)
    for name, shares in base.items():
        np.testing.assert_allclose(shares.sum(-1), 1, atol=1e-5, err_msg=name)


def test_rows_of_table_5_are_those_that_a_method_has(outcome: Outcome) -> None:
    result = outcome.result
    assert list(result.of("mov").diagnostics) == ["video", "other", "scores", "frozen", "cross-attention"]
    assert list(result.of("late").diagnostics) == ["video", "other", "scores", "frozen"]
    assert result.of("coop").diagnostics == {} and result.of("mov").other == "flow"
    assert result.of("late").diagnostics["scores"]["base"] == result.of("late").figures["base"].value


def test_the_epoch_that_answers_is_the_best_on_clips_held_out_of_base(outcome: Outcome, ran: Path) -> None:
    bound = bound_of(ran)
    for unit, each in zip(units(bound), outcome.result.methods[1:], strict=True):
        checkpoints = Checkpoints(bound.store.artifact(unit.spec))
        assert (checkpoints.answer(),) == each.epochs and checkpoints.is_finished(2)
        assert unit.spec.fields["chosen on"] and unit.spec.fields["clips"] != unit.spec.fields["chosen on"]
        assert unit.spec.fields["classes"] == list(BASE_CLASSES)
        assert sum(x.size for n, x in checkpoints.arrays(2).items() if not n.startswith("optimiser")) >= each.numbers


def test_inputs_are_made_once_for_all_methods(ran: Path) -> None:
    artifacts = list(bound_of(ran).store.artifacts())
    kinds = [artifact.spec.kind for artifact in artifacts]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "sources": 2, "features": 2, "video-methods": 4, "video-results": 10
    }  # fmt: skip
    # Clips of novel classes that nobody judges are not read: 4 x 4 to learn from, 8 x 2 to judge.
    assert {a.manifest.rows for a in artifacts if a.spec.kind == "sources"} == {32}


def test_a_second_run_does_nothing(finished: Path) -> None:
    require_nothing_done(finished, bound_of)


def test_another_method_costs_itself_only_and_the_garbage_of_one_that_went_is_found(finished: Path) -> None:
    methods = {name: options for name, options in METHODS.items() if name != "coop"}
    methods["clip-adapter-2"] = {"method": "clip-adapter", "video_ratio": 0.5, **METHODS["clip-adapter"]}
    bound = opened(finished, content_of(methods=methods))
    missing = {(step.stage, step.what): step.missing for step in plan_run(bound) if step.missing}
    assert missing == {("learn", "clip-adapter-2"): 2, ("judge", "clip-adapter-2"): 16}
    run_recipe(bound)
    garbage = Store(finished / "workspace").gc(roots(finished / "workspace"))
    kinds = sorted(Path(str(each.path)).parent.name for each in garbage)
    assert kinds == ["video-methods", "video-results", "video-results"]


def test_the_report_shows_figures_modalities_classes_and_flow(outcome: Outcome) -> None:
    page = outcome.report.read_text("utf-8")
    for title in ("Results", "What each modality says", "Classes", "Clips", "Learning", "Lineage"):
        assert f"<h2>{title}</h2>" in page
    for each in outcome.result.methods:
        assert each.name in page and f"{100 * each.figures['novel'].value:.1f}" in page
    assert "flow after learning (x_m)" in page and 'alt="flow of v_' in page and 'alt="frames of v_' in page
    assert "turning counterclockwise (novel, 2)" in page and f"{outcome.result.of('mov').numbers:,}" in page


def test_tables_and_values_say_the_same(call: Call, finished: Path, outcome: Outcome) -> None:
    recipe, workspace = finished / "recipe.yaml", finished / "workspace"
    values = json.loads(call("evaluate", recipe, "-w", workspace, "--json")[1])
    assert values["methods"]["mov"]["novel"][0] == outcome.result.of("mov").figures["novel"].value
    assert values["clips"] == {"base": 8, "novel": 8} and values["partial"] is False
    told = " ".join(call("evaluate", recipe, "-w", workspace)[1].split())
    assert "few: 8 base and 8 novel clips, percent" in told and "What each modality says by itself" in told
    learned = json.loads(call("train", recipe, "-w", workspace, "--json")[1])
    assert learned["epochs"] == 0 and [each["method"] for each in learned["learned"]] == list(METHODS)


def test_status_retry_and_verify_know_it(call: Call, finished: Path) -> None:
    recipe, workspace = finished / "recipe.yaml", finished / "workspace"
    code, out, _ = call("status", recipe, "-w", workspace, "--json")
    found = json.loads(out)
    assert code == 0 and [step for step in found["missing"] if step["missing"]] == [] and found["failed"] == []
    assert json.loads(call("retry", recipe, "-w", workspace, "--failed", "--json")[1]) == []
    assert call("store", "verify", "-w", workspace)[0] == 0
    assert read_result(bound_of(finished)) is not None


def test_intervals_are_paired_over_clips() -> None:
    right = np.array([1.0, 1, 0, 0, 1, 0, 1, 1])
    worse = right.copy()
    worse[0] = 0
    found = compared(
        {
            "first": {"base": worse, "novel": right},
            "ours": {"base": right, "novel": worse},
            "same": {"base": worse, "novel": right},
        },
        "first",
    )
    assert found["ours"].figures["base"].value == 0.625 and found["ours"].over["base"].value == pytest.approx(0.125)
    assert (
        found["ours"].over["base"].low == 0 and 0.125 < found["ours"].over["base"].high < 0.5
    )  # one clip of eight differs
    assert all((i.value, i.low, i.high) == (0, 0, 0) for i in found["same"].over.values())
    assert found["ours"].figures["H"].value == pytest.approx(2 * 0.625 * 0.5 / 1.125) and found["first"].over == {}
