"""Recipes of masks: what is refused and with which words, what is warned of, and what a plan tells without torch."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from mask_runs import HEAD, METHODS, content_of, opened

from pipeline.datasets.av.listed import Leak, RejectedClip
from pipeline.datasets.av.masks.published import MS3_ROWS, S4_ROWS
from pipeline.evaluation.intervals import Interval
from pipeline.miniature.world.video_files import write_mp4
from pipeline.recipe.envelope import CacheConfig
from pipeline.recipe.errors import RecipeError
from pipeline.sources.presets import PRESETS
from pipeline.stages.plan import foreseen, plan_run
from pipeline.tasks.av import own_clips
from pipeline.tasks.av.errors import AvError, NotCached, NotTrained
from pipeline.tasks.av.published import published
from pipeline.tasks.av.recipe import AvEncoders
from pipeline.tasks.av.result import MethodFigures
from pipeline.tasks.av.sources import Form, source_of
from pipeline.tasks.av.towers import towers_of
from pipeline.tasks.av.work import units
from pipeline.tasks.av_masks.alarms import _below, _below_frozen, _no_better_deaf, alarms
from pipeline.tasks.av_masks.bound import BoundAvMasks
from pipeline.tasks.av_masks.learn import learn
from pipeline.tasks.av_masks.needs import form_of
from pipeline.tasks.av_masks.pages import told_of_head
from pipeline.tasks.av_masks.result import FIGURES, MasksResult, read_result
from pipeline.tasks.av_masks.shown import choose
from pipeline.tasks.load import check_recipe, load_recipe, parse_recipe

Call = Callable[..., tuple[int, str, str]]
ONE = {"head-only": METHODS["head-only"]}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"methods": {"copl": {"head": {"sizes": 64}}}}, "methods.copl.head.sizes: unknown key; did you mean 'size'?"),
        ({"methods": {"copl": {"head": {"size": 60}}}}, "size"),
        ({"publish": {"method": "other"}}, "method 'other' is not under 'methods' (no sound, head-only"),
        ({"masks": {"layout": "avsbench", "root": "x"}}, "masks"),
        ({"masks": {"layout": "masks", "root": "x"}}, "masks"),
    ],
)
def test_mistakes_are_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError) as error:
        check_recipe(content_of(**changes), where="r.yaml", base=Path())
    assert told in str(error.value)


def test_the_key_masks_says_the_task_and_paths_start_from_the_recipe(tmp_path: Path) -> None:
    content = content_of(masks={"layout": "masks", "root": "clips", "masks": "drawn"}, workspace="w")
    recipe = parse_recipe(yaml.safe_dump(content, sort_keys=False), where="r.yaml", base=tmp_path)
    assert (recipe.masks.root, recipe.masks.masks) == (tmp_path / "clips", tmp_path / "drawn")
    assert recipe.workspace == tmp_path / "w" and published(recipe, lambda *_: None) == ("copl", 0)


def test_masks_of_two_sizes_are_refused(open_masks: Any) -> None:
    with pytest.raises(AvError, match=r"size: …} is 32 and 64; masks are stored in one size"):
        plan_run(open_masks(methods={"a": {"head": HEAD}, "b": {"head": {**HEAD, "size": 64}}}))


def test_first_seconds_without_a_mask_are_nothing_to_learn_from(tmp_path: Path) -> None:
    bound = opened(tmp_path, content_of(methods={"late": METHODS["late"]})).without_drawing()
    cut = tuple(replace(clip, masks=(None, *clip.masks[1:])) for clip in bound.clips.clips)
    bound.__dict__["clips"] = replace(bound.clips, clips=cut)
    with pytest.raises(AvError, match="learns from the mask of a clip's first second alone.*Write frames: all"):
        plan_run(bound)


def test_a_stage_too_early_says_what_comes_before(open_masks: Any) -> None:
    bound: BoundAvMasks = open_masks(methods=ONE)
    with pytest.raises(NotCached, match="mmpt-pipeline cache-features RECIPE"):
        learn(bound, units(bound)[0])
    with pytest.raises(NotTrained, match="mmpt-pipeline train RECIPE"):
        read_result(bound)


def test_partial_data_leaks_and_odd_masks_are_warned_of(tmp_path: Path) -> None:
    bound = opened(tmp_path, content_of(methods=ONE, protocol="lavish")).without_drawing()
    assert [alarm.code for alarm in foreseen(bound)] == ["chosen-on-test"] and bound.chooses_on == "test"
    gone, leak = RejectedClip(3, "test", "x", "3 of 5 frames"), Leak("abc", (("train", 0), ("test", 9)))
    remarks = ("2 masks hold other values than 0 and 255; what is not 0 counts as sounding",)
    bound.__dict__["clips"] = replace(bound.clips, refused=(gone,), leaks=(leak,), remarks=remarks)
    found = {alarm.code: alarm.problem for alarm in alarms(bound, "plan", None)}
    assert set(found) == {"partial-data", "odd-masks", "leaking-videos", "chosen-on-test"}
    assert "test: 6 of 7" in found["partial-data"] and found["odd-masks"] == remarks[0]
    bound.warn("cache", alarms(bound, "plan", None))
    assert list(alarms(bound, "plan", None)) == []


def result(**changes: Any) -> MasksResult:
    """Of a published method with an mIoU of 60 %, beside one without sound."""
    figures = {
        name: dict.fromkeys(FIGURES, Interval(value, value - 0.02, value + 0.02)) for name, value in RATES.items()
    }
    methods = tuple(MethodFigures(name, {}, scores, None, None, (0.6,), (1,)) for name, scores in figures.items())
    beside = {"the whole frame sounds": {"miou": 0.1, "f": 0.1}}
    return replace(MasksResult(methods, beside, 64, 64, published="copl", deaf="no sound"), **changes)


RATES = {"no sound": 0.48, "copl": 0.6}


def test_a_result_that_is_worth_nothing_is_told() -> None:
    over = Interval(0.12, 0.1, 0.14)
    fine = result(over_deaf=over, over_frozen=over, frozen="no sound")
    assert [*_below(fine), *_below_frozen(fine), *_no_better_deaf(fine)] == []
    (below,) = _below(replace(fine, beside={"the whole frame sounds": {"miou": 0.59, "f": 0.1}}))
    assert (
        below.code == "below-prior" and "60.0 [58.0, 62.0] % on 64 clips" in below.problem and "59.0 %" in below.problem
    )
    (frozen,) = _below_frozen(replace(fine, over_frozen=Interval(-0.1, -0.12, -0.08)))
    assert frozen.code == "below-frozen" and "10.0 points lower than 'no sound'" in frozen.problem
    (deaf,) = _no_better_deaf(replace(fine, over_deaf=Interval(0.01, -0.01, 0.03)))
    assert deaf.code == "no-better-without-sound" and "+1.0 [−1.0, +3.0] points above 'no sound'" in deaf.problem
    (own,) = _no_better_deaf(replace(fine, published="no sound", over_deaf=None))
    assert "'no sound' answers, which no sound reaches" in own.problem
    assert list(_no_better_deaf(replace(fine, deaf="", over_deaf=None))) == []


def test_shown_are_the_worst_the_middle_and_the_best_each_once() -> None:
    found = choose(np.array([0.5, 0.9, 0.1, 0.7, 0.3]), each=1)
    assert found == [(2, "among the worst"), (0, "around the middle"), (1, "among the best")]
    assert [row for row, _ in choose(np.array([0.2, 0.1]))] == [1, 0]


def test_what_tells_methods_apart_is_said(open_masks: Any) -> None:
    methods = open_masks().recipe.methods
    assert told_of_head(methods["no sound"]) == "the head on frozen towers; the head is given no sound"
    assert told_of_head(methods["copl"]).endswith("in every block; masked audio-visual loss 0.5")
    assert told_of_head(methods["late"]).endswith("from the last stage on; learned from first seconds")


PLAN = """
import sys
from pipeline.cli.app import app
app(["plan", sys.argv[1], "--json"], standalone_mode=False)
assert "torch" not in sys.modules, "a plan needs no torch"
"""


@pytest.mark.parametrize(
    ("name", "rows", "masks"), [("avs-s4", S4_ROWS, 3452 + 1480 * 5), ("avs-ms3", MS3_ROWS, 424 * 5)]
)
def test_avsbench_is_told_without_torch_and_in_two_seconds(
    tmp_path: Path, name: str, rows: dict[str, int], masks: int
) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-c", PLAN, f"copl/{name}"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
    steps = {(step["stage"], step["what"]): step for step in json.loads(done.stdout)}
    clips = sum(rows.values())
    assert (steps["cache", "masks"]["wanted"], steps["cache", "masks"]["bytes"]) == (masks, masks * 224**2)
    assert steps["cache", "frames"]["bytes"] == clips * 5 * 192 * 192 * 3
    assert steps["cache", "spectrograms"]["bytes"] == clips * 5 * 192 * 192 * 2
    assert steps["cache", "frames, stage4"]["bytes"] == clips * 5 * 36 * 1536 * 2
    assert ("cache", "frames, block01") not in steps  # levels: last
    copl = steps["learn", "copl"]
    assert (
        copl["wanted"] == 90
        and "19,987,777 of them the head's (the paper beside the head: 2.8 M, ours 2.40 M)" in copl["note"]
    )
    assert f"{-(-rows['train'] // 8):,} steps an epoch" in copl["note"] and "kept for the backward pass" in copl["note"]
    assert 1e9 < copl["bytes"] < 2.5e9  # three seeds with the best and the last epoch each
    assert not (tmp_path / "workspace").exists()


def test_avsbench_is_heard_as_lavish_and_copl_hear_it() -> None:
    """1.95 s with every second to a tower of 192 pixels, whatever the length of the clip; a second to any other."""
    papers, ours = (towers_of(AvEncoders(visual=name)) for name in ("swin-v2-large-192", "miniature-swin"))
    assert source_of(papers, "audio", form_of(papers, 5, 1.0)) == PRESETS["copl-avs"]
    long = replace(form_of(papers, 5, 1.0), segments=12)
    assert source_of(papers, "audio", long) == replace(PRESETS["copl-avs"], segments=12)
    assert source_of(ours, "audio", form_of(ours, 5, 1.0)) == replace(PRESETS["copl-miniature"], segments=5)


def test_own_clips_are_heard_as_those_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, towers, form = [], towers_of(AvEncoders(visual="miniature-swin")), Form(5, 1.0, "copl-avs", 1.95)

    def made(towers: Any, role: str, form: Form) -> Any:
        asked.append(form)
        return source_of(towers, role, Form(form.segments))

    monkeypatch.setattr(own_clips, "source_of", made)
    write_mp4(tmp_path / "a.mp4", np.zeros((16, 64, 64, 3), np.uint8), 2, np.zeros(8 * 16_000, np.float32), 16_000)
    own_clips.decoded(str(tmp_path / "a.mp4"), towers, form, CacheConfig(workers=0))
    assert asked == [replace(form, segments=8)] * 2


def test_a_plan_draws_nothing_and_says_so(tmp_path: Path) -> None:
    steps = {(step.stage, step.what): step for step in plan_run(opened(tmp_path, content_of()))}
    masks = steps["cache", "masks"]
    assert "not drawn yet" in masks.note and (masks.missing, masks.bytes) == (18 * 5, 18 * 5 * 32 * 32)
    assert steps["judge", "without a model"].wanted == 6 and not (tmp_path / "workspace").exists()


@pytest.mark.parametrize("name", ["avs-s4", "avs-ms3", "miniature-masks", "miniature-masks-small"])
def test_shipped_recipes_load(name: str) -> None:
    recipe: Any = load_recipe(f"copl/{name}")
    assert published(recipe, lambda *_: None)[0] in recipe.methods and recipe.protocol == "val"
