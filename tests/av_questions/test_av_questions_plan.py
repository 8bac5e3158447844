"""What a run of questions costs, told before anything is there: without torch, and in no time."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from question_runs import METHODS, content_of, opened

from pipeline.runs.timing import remember_seconds
from pipeline.sources.presets import PRESETS
from pipeline.stages.plan import plan_run
from pipeline.tasks.av.published import published
from pipeline.tasks.av.sources import source_of
from pipeline.tasks.av.work import inputs, units
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.load import load_recipe, shipped_recipes
from pipeline.telemetry.progress import Progress

PLAN = """
import json, sys
from pipeline.cli.app import app
app(["plan", "copl/avqa", "--json"], standalone_mode=False)
assert "torch" not in sys.modules, "a plan needs no torch"
"""
MAP = 36 * 1536 * 2
"""Bytes of what Swin-V2-L leaves of a frame, in float16."""


def full_size(tmp_path: Path, **changes: Any) -> BoundAvQuestions:
    recipe = load_recipe("copl/avqa", tmp_path)
    methods = {name: options.model_copy(update=changes) for name, options in recipe.methods.items()}
    return BoundAvQuestions(recipe.model_copy(update={"methods": methods}), "cpu", Progress.silent(), draws=False)


def test_the_full_size_of_music_avqa_is_told_without_torch_and_in_two_seconds(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", PLAN], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
    steps = {(step["stage"], step["what"]): step for step in json.loads(done.stdout)}
    sizes = {what: step["bytes"] for (stage, what), step in steps.items() if stage == "cache"}
    assert sizes["frames"] == 9288 * 10 * 192 * 192 * 3 and sizes["spectrograms"] == 9288 * 10 * 192 * 192 * 2
    assert sizes["frames, block23"] == sizes["frames, stage4"] == 9288 * 10 * MAP
    assert steps["cache", "frames, block23"]["note"].endswith("frames of other clips are read there, too")
    assert "10.3 h of one core at 0.25 clips a second" in steps["cache", "frames"]["note"]
    copl = steps["learn", "copl"]["note"]
    assert "12,002,028 numbers, 9,424,556 of them the head's (the paper beside the head: 1.8 M, ours 2.58 M)" in copl
    assert "4,011 steps an epoch" in copl and "at 20 TFLOP/s" in copl and "GB kept for the backward pass" in copl
    assert "the paper" not in steps["learn", "copl-late"]["note"] and steps["learn", "copl"]["wanted"] == 90
    assert steps["judge", "copl"]["wanted"] == 3 * 9185 and not (tmp_path / "workspace").exists()


def test_a_grid_of_frames_is_counted_once_and_of_the_clips_that_are_learned_from(tmp_path: Path) -> None:
    found = {each.name: each for each in inputs(full_size(tmp_path, negatives=60))}
    grid, maps = found["frames of other clips, 60 of each"], found["frames of other clips, 60 of each, block23"]
    assert grid.row_bytes == 60 * 192 * 192 * 3 and maps.row_bytes == 60 * MAP
    assert len(grid.rows) == len(maps.rows) == 9288 and (grid.stored, maps.stored) == (False, True)
    assert len(maps.rows) * maps.row_bytes == pytest.approx(62e9, rel=0.01)  # as COPL_MOV counts it
    assert list(found).index(grid.name) < list(found).index(maps.name)
    assert not any("other clips" in each.name for each in inputs(full_size(tmp_path)))


def test_spectrograms_are_those_of_lavish_on_music_avqa(tmp_path: Path) -> None:
    bound = full_size(tmp_path)
    assert source_of(bound.towers, "audio", bound.form) == PRESETS["copl-avqa"]


def test_questions_of_a_clip_that_go_together_make_fewer_passes(tmp_path: Path) -> None:
    """Counted here: every clip's questions in as few groups as they fit in, and as many groups a step as it has clips."""
    bound = opened(tmp_path, content_of()).without_drawing()
    clips = [question.name for question in bound.of("train")]
    for together, batch in ((1, 12), (4, 12), (6, 12), (3, 3)):
        options = bound.recipe.methods["copl"].model_copy(update={"together": together, "batch": batch})
        groups = sum(-(-clips.count(name) // together) for name in set(clips))
        assert bound.price_of(options, len(clips)).steps == -(-groups // (batch // together))


def test_hours_are_those_measured_once_an_epoch_was_learned_here(tmp_path: Path) -> None:
    bound = opened(tmp_path, content_of()).without_drawing()
    unit = next(unit for unit in units(bound) if unit.method == "head-only")
    assert "at 20 TFLOP/s" in unit.note
    tell = remember_seconds(bound, unit.spec.fingerprint)
    tell(1, 3600.0), tell(2, 1800.0)
    bound = opened(tmp_path, content_of()).without_drawing()
    (found,) = (u.note for u in units(bound) if u.method == "head-only")
    assert "1.5 h a seed as measured here" in found


def test_a_plan_draws_nothing_and_says_so(tmp_path: Path) -> None:
    bound = opened(tmp_path, content_of())
    steps = {(step.stage, step.what): step for step in plan_run(bound)}
    assert "not drawn yet" in steps["cache", "frames"].note and steps["cache", "frames"].missing == 36
    assert steps["cache", "frames of other clips, 4 of each"].missing == 12
    assert [what for stage, what in steps if stage == "learn"] == list(METHODS)
    assert steps["learn", "copl"].missing == 1 and not (tmp_path / "workspace").exists()


@pytest.mark.parametrize(
    "name", [name for name in shipped_recipes() if name.startswith("copl/") and ("question" in name or "avqa" in name)]
)
def test_shipped_recipes_load_and_know_what_needs_no_clip(name: str) -> None:
    recipe: Any = load_recipe(name)
    assert published(recipe, lambda *_: None)[0] in recipe.methods
    assert recipe.methods["question only"].head.use == "question"
