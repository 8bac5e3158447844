"""What a run of CoPL costs, told before anything is there: without torch, and in no time."""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from event_runs import bound_of, content_of, opened

from pipeline.datasets.av.published import ROWS, published_ave
from pipeline.recipe.av_data import AveData
from pipeline.runs.timing import remember_seconds
from pipeline.stages.plan import plan_run
from pipeline.tasks.av.cost import told_bytes, told_hours
from pipeline.tasks.av.published import published
from pipeline.tasks.av.work import units
from pipeline.tasks.load import load_recipe, shipped_recipes

PLAN = """
import json, sys
from pipeline.cli.app import app
app(["plan", "copl/ave", "--json"], standalone_mode=False)
assert "torch" not in sys.modules, "a plan needs no torch"
"""


def test_the_full_size_of_ave_is_told_without_torch_and_in_two_seconds(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", PLAN], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 2
    steps = {(step["stage"], step["what"]): step for step in json.loads(done.stdout)}
    sizes = {what: step["bytes"] for (stage, what), step in steps.items() if stage == "cache"}
    assert sizes["frames"] == 4143 * 10 * 192 * 192 * 3 and sizes["spectrograms"] == 4143 * 10 * 192 * 192 * 2
    assert sizes["frames, stage4"] == sizes["spectrograms, stage4"] == 4143 * 10 * 36 * 1536 * 2
    assert steps["cache", "frames"]["note"].startswith("not downloaded yet: as published; 46 min of one core")
    copl = steps["learn", "copl"]
    assert copl["wanted"] == 150 and "418 steps an epoch" in copl["note"] and "at 20 TFLOP/s" in copl["note"]
    assert (
        "3,497,565 numbers, 1,588,253 of them the head's (the paper beside the head: 1.7 M, ours 1.91 M)"
        in copl["note"]
    )
    assert "GB kept for the backward pass" in copl["note"]
    late = steps["learn", "copl-late"]["note"]
    assert "the paper" not in late and " min a seed" in late  # other numbers, an eighth of the time
    assert steps["judge", "copl"]["wanted"] == 3 * 402
    assert not (tmp_path / "workspace").exists()


def test_hours_are_those_measured_once_an_epoch_was_learned_here(tmp_path: Path, tower: str) -> None:
    bound = opened(tmp_path, content_of(tower)).without_drawing()
    unit = next(unit for unit in units(bound) if unit.method == "copl")
    assert "at 20 TFLOP/s" in unit.note
    tell = remember_seconds(bound, unit.spec.fingerprint)
    tell(1, 3600.0), tell(2, 1800.0)
    (found,) = (u.note for u in units(bound_of(tmp_path).without_drawing()) if u.method == "copl")
    assert "1.5 h a seed as measured here" in found  # two epochs of 45 minutes


def test_a_plan_draws_nothing_and_says_so(tmp_path: Path, tower: str) -> None:
    bound = opened(tmp_path, content_of(tower))
    steps = {(step.stage, step.what): step for step in plan_run(bound)}
    assert "not drawn yet" in steps["cache", "frames"].note and steps["cache", "frames"].missing == 17
    assert steps["cache", "frames, stage4"].bytes == 17 * 10 * 4 * 192 * 4
    assert steps["learn", "copl"].missing == 2 and not (tmp_path / "workspace").exists()


def test_ave_is_as_large_as_it_is_published() -> None:
    found = published_ave(AveData(layout="ave", root=Path("nowhere")))
    assert {split: len(found.of(split)) for split in ROWS} == {"train": 3339, "val": 402, "test": 402}
    assert (len(found.classes), found.segments, len({clip.key for clip in found.clips})) == (28, 10, 4143)
    assert "Church bell" in found.classes and found.rejected == ()


@pytest.mark.parametrize("name", [name for name in shipped_recipes() if name.startswith("copl/")])
def test_shipped_recipes_load(name: str) -> None:
    recipe: Any = load_recipe(name)
    assert published(recipe, lambda *_: None)[0] in recipe.methods and recipe.protocol == "val"


@pytest.mark.parametrize(("hours", "told"), [(30.04, "30.0 h"), (0.5, "30 min"), (0.001, "4 s")])
def test_hours_as_people_say_them(hours: float, told: str) -> None:
    assert told_hours(hours) == told


@pytest.mark.parametrize(("count", "told"), [(15_040_000_000, "15.0 GB"), (3_000_000, "3 MB")])
def test_bytes_as_people_say_them(count: int, told: str) -> None:
    assert told_bytes(count) == told
