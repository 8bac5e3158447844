"""A recipe of masks through every command: what it makes, tells, shows, keeps and does again."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mask_runs import METHODS, SIZE, bound_of, opened
from PIL import Image

from pipeline.evaluation.mask_priors import EVERYTHING, NOTHING, USUAL
from pipeline.evaluation.masks import video_values
from pipeline.operations.compare import compare
from pipeline.operations.of_run import open_run
from pipeline.records import read_run, roots
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.av.work import input_specs, sides_of, trials, units
from pipeline.tasks.av_masks.learn import answered
from pipeline.tasks.av_masks.result import read_result, told_of
from pipeline.tasks.av_masks.truth import truths
from pipeline.training.checkpoint import Checkpoints

Call = Callable[..., tuple[int, str, str]]


def test_masks_are_stored_as_they_lie_on_the_disk(ran: Path) -> None:
    bound = bound_of(ran)
    for clip, stored in zip(bound.of("test"), truths(bound, bound.of("test")), strict=True):
        picture = np.asarray(Image.open(clip.masks[0].path)) > 0
        assert stored.shape == (5, SIZE, SIZE) and set(np.unique(stored)) == {0, 1}
        assert stored[0].mean() == pytest.approx(picture.mean(), abs=0.01)
        assert np.array_equal(stored[0], picture[1::2, 1::2])  # the pixel nearest to the centre of two by two


def iou_of(said: np.ndarray, true: np.ndarray) -> float:
    """Of a clip, masks (T, S, S): something sounds in each of its seconds."""
    ratios = [(a & b).sum() / ((a | b).sum() + 1e-7) for a, b in zip(said, true, strict=True)]
    return float(np.mean(ratios))


def test_figures_are_means_of_clips_beside_what_needs_no_model(outcome: Outcome, ran: Path) -> None:
    """Counted here from the masks that the store holds, and from the learned method itself."""
    result, bound = outcome.result, bound_of(ran)
    assert [each.name for each in result.methods] == list(METHODS)
    assert (result.clips, result.listed, result.partial, result.frames, result.silent_clips) == (6, 6, False, 30, 0)
    true = list(truths(bound, bound.of("test")))
    for trial in trials(bound):
        told, own = told_of(bound, trial, sides_of(bound)), result.of(trial.what)
        ious = [iou_of(told.mask(n), masks == 1) for n, masks in enumerate(true)]
        assert own.main.value == pytest.approx(np.mean(ious)) and own.seeds == (own.main.value,)
        assert own.main == own.scores["miou"] and 0 <= own.main.low <= own.main.value <= own.main.high <= 1
        assert own.scores["f"].value == pytest.approx(told.values["f"].mean())
        shares, epoch = answered(bound, trial.unit, told.clips)
        again = [video_values(said, masks) for said, masks in shares]
        assert [each.f for each in again] == pytest.approx(told.values["f"].tolist()) and epoch == told.epoch
        assert np.mean([each.curve for each in again], axis=0) == pytest.approx(np.array(result.curves[trial.what]))
    assert result.beside[NOTHING] == {"miou": 0.0, "f": pytest.approx(result.beside[EVERYTHING]["f"])}
    areas = [np.mean([mask.mean() for mask in masks]) for masks in true]
    assert result.beside[EVERYTHING]["miou"] == pytest.approx(np.mean(areas), rel=1e-5)
    usual = np.mean([mask for masks in truths(bound, bound.of("train")) for mask in masks], axis=0)
    wanted = [video_values(np.repeat(usual[None], 5, 0), masks) for masks in true]
    assert result.beside[USUAL]["f"] == pytest.approx(np.mean([each.f for each in wanted]))
    assert read_result(bound) == result


def test_the_epoch_that_answers_is_the_best_on_val(outcome: Outcome, ran: Path) -> None:
    bound = bound_of(ran)
    for unit, each in zip(units(bound), outcome.result.methods, strict=True):
        checkpoints = Checkpoints(bound.store.artifact(unit.spec))
        assert (checkpoints.answer(),) == each.epochs and checkpoints.is_finished(2)
        shares, _ = answered(bound, unit, bound.of("val"))
        miou = np.mean([video_values(said, masks).iou for said, masks in shares])
        assert checkpoints.figure() == pytest.approx(miou)


def test_each_variant_reads_its_own_cuts_and_the_maps_below(ran: Path) -> None:
    bound = bound_of(ran)
    cuts = {
        unit.method: [spec.fields.get("cut", "pixels") for spec in input_specs(bound, unit.config)]
        for unit in units(bound)
    }
    below = ["block01", "block03", "block05"]
    assert cuts == {
        "no sound": ["block07", *below, "block07"],
        "head-only": ["block07", "block07"],  # all levels read the last map
        "parallel": ["block06", "block07", *below, "block06", "block07"],
        "late": ["stage4", *below, "stage4"],
        "copl": ["pixels", "pixels"],
    }


def test_what_was_not_heard_is_known_by_nobody(ran: Path, outcome: Outcome) -> None:
    """Twins show the same pictures and other sounds: without sound, what is said of them is the same."""
    bound = bound_of(ran)
    told = {trial.what: told_of(bound, trial, sides_of(bound)) for trial in trials(bound)}
    assert [clip.video.key for clip in told["no sound"].clips[:2]] == [told["no sound"].clips[0].video.key] * 2
    silent = told["no sound"].masks
    assert np.array_equal(silent[0::2], silent[1::2])


def test_a_second_run_does_nothing_and_the_plan_is_empty(ran: Path, outcome: Outcome) -> None:
    bound = bound_of(ran)
    before = {a.spec.fingerprint: a.manifest for a in bound.store.artifacts()}
    page = (ran / "workspace/runs/few/report.html").read_bytes()
    again = run_recipe(bound_of(ran))
    assert again.result == outcome.result and page == (ran / "workspace/runs/few/report.html").read_bytes()
    assert {a.spec.fingerprint: a.manifest for a in bound.store.artifacts()} == before
    assert all(step.missing == 0 for step in plan_run(bound_of(ran)))
    assert set(before) == set(roots(bound.recipe.workspace))


def test_the_report_shows_masks_over_frames_the_curve_and_cost(outcome: Outcome, ran: Path) -> None:
    page = outcome.report.read_text("utf-8")
    for title in ("Results", "Masks over frames", "F over thresholds", "What it costs", "Learning", "Lineage", "Run"):
        assert f"<h2>{title}</h2>" in page
    for each in outcome.result.methods:
        assert each.name in page and f"{sum(each.numbers.values()):,}" in page
    shown = 6  # all of the clips: three groups of three, none twice
    assert page.count('<th scope="row">what sounds</th>') == page.count('<th scope="row">is heard</th>') == shown
    assert page.count("<img") == shown * 5 * (3 + len(METHODS))
    assert NOTHING in page and "the head is given no sound" in page and "masked audio-visual loss 0.5" in page


def test_status_retry_and_verify_know_it(call: Call, finished: Path) -> None:
    recipe, workspace = finished / "recipe.yaml", finished / "workspace"
    code, out, _ = call("status", recipe, "-w", workspace, "--json")
    found = json.loads(out)
    assert code == 0 and [step for step in found["missing"] if step["missing"]] == [] and found["failed"] == []
    kinds = {"sources", "features", "mask-prompts", "mask-results", "mask-priors"}
    assert {each["kind"] for each in found["stored"]} == kinds
    assert json.loads(call("retry", recipe, "-w", workspace, "--failed", "--json")[1]) == []
    assert call("store", "verify", "-w", workspace)[0] == 0
    assert json.loads(call("refresh", recipe, "-w", workspace, "--json")[1])["verdict"] == "nothing new"
    assert "0 artifacts" in (told := call("store", "gc", "-w", workspace, "--yes")[1]) or "nothing" in told


def test_tables_and_values_say_the_same(call: Call, finished: Path, outcome: Outcome) -> None:
    recipe, workspace = finished / "recipe.yaml", finished / "workspace"
    values = json.loads(call("evaluate", recipe, "-w", workspace, "--json")[1])
    assert values["methods"]["copl"]["miou"][0] == outcome.result.of("copl").main.value
    assert (values["clips"], values["masks"], values["partial"], values["protocol"]) == (6, 30, False, "val")
    one, curve = values["at_one_threshold"], outcome.result.curves["copl"]
    assert set(one) == {*METHODS, NOTHING, EVERYTHING, USUAL} and one["copl"]["f"] == max(curve)
    assert one["copl"]["threshold"] == pytest.approx(curve.index(max(curve)) / 254, abs=1e-3)
    told = " ".join(call("evaluate", recipe, "-w", workspace)[1].split())
    assert "few: 6 test clips, percent, 95 % intervals over clips (30 masks)" in told and EVERYTHING in told
    learned = json.loads(call("train", recipe, "-w", workspace, "--json")[1])
    assert learned["epochs"] == 0 and [each["method"] for each in learned["learned"]] == list(METHODS)


def test_what_is_worse_than_the_whole_frame_is_told_first(outcome: Outcome, ran: Path) -> None:
    """Two epochs of so small a head find nothing."""
    warned = read_run(ran / "workspace/runs/few").warnings["evaluate"]  # type: ignore[union-attr]
    assert outcome.result.of(outcome.result.published).main.value <= outcome.result.beside[EVERYTHING]["miou"]
    assert [each["code"] for each in warned] == ["below-prior", "no-better-without-sound"]
    assert EVERYTHING in warned[0]["problem"] and "'no sound' answers" in warned[1]["problem"]
    assert "<h2>Warnings (2)</h2>" in outcome.report.read_text("utf-8")


def test_the_published_method_is_compared_clip_by_clip(ran: Path, outcome: Outcome) -> None:
    run, result = str(ran / "workspace/runs/few"), outcome.result
    task, bound = open_run(run, ran)
    (told,) = task.answered(bound).values()
    assert told.values.mean() == pytest.approx(result.of(result.published).main.value)
    assert told.method == f"{result.published}, seed {result.seed}" and len(set(told.keys)) == len(told.keys) == 6
    (found,) = compare(run, run, ran).exams
    assert (found.exam, found.examples, found.difference) == ("test", 6, 0.0)


def test_s4_is_learned_from_first_seconds(tmp_path: Path) -> None:
    data = {"layout": "miniature", "form": "s4", "seed": 5, "train": 8, "val": 4, "test": 4}
    methods = {"head-only": METHODS["head-only"]}
    bound = opened(tmp_path, {"name": "s4", "masks": data, "encoders": {"visual": "miniature-swin"}, "methods": methods,
                              "seeds": [0], "cache": {"workers": 0}})  # fmt: skip
    found = run_recipe(bound)
    assert (found.result.clips, found.result.frames) == (4, 20)
    assert {sum(mask is not None for mask in clip.masks) for clip in bound.of("train")} == {1}
    assert bound.mask_spec.foreground == "half" and len(bound.clips.masks) == 8 + 8 * 5 - _same_masks(bound)


def _same_masks(bound) -> int:
    """Masks that are the same picture twice are one row."""
    every = [mask.key for clip in bound.clips.clips for mask in clip.masks if mask is not None]
    return len(every) - len(set(every))
