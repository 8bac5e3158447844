"""Recipes of open-vocabulary video: what they may say, what is refused, and what is foreseen before anything is made."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from video_runs import FEW, content_of, opened

from pipeline.methods.mov.config import MovOptions
from pipeline.recipe.errors import RecipeError
from pipeline.stages.plan import plan_run
from pipeline.tasks.load import load_recipe, parse_recipe, shipped_recipes
from pipeline.tasks.open_video.alarms import alarms
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.cost import told_bytes, told_time
from pipeline.tasks.open_video.errors import OpenVideoError
from pipeline.tasks.open_video.fitting import require_fitting
from pipeline.tasks.open_video.published import published
from pipeline.tasks.open_video.specs import flow_spec, frames_spec, sentences_of
from stores.errors import MmptError

Open = Callable[..., BoundOpenVideo]

PLAN = """
import json, sys
from pipeline.cli.app import app
app(["plan", "mov/miniature", "--json"], standalone_mode=False)
assert "torch" not in sys.modules, "a plan needs no torch"
"""


def refused(**changes: Any) -> str:
    text = yaml.safe_dump(content_of(**changes))
    with pytest.raises(RecipeError) as error:
        parse_recipe(text, where="r", base=Path())
    return str(error.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"methods": {"mine": {"method": "mov", "frames": 8}}}, "mine: frames is 8, and a view has 4"),
        ({"methods": {"frozen-clip": {"method": "mov"}}}, "'frozen-clip' is the frozen encoder"),
        ({"methods": {"mvo": {}}}, "'mov'"),
        ({"publish": {"method": "clip"}}, "method 'clip' is not under 'methods'"),
        ({"publish": {"method": "mov", "seed": 7}}, "seed 7 is not under 'seeds'"),
        ({"seeds": [1, 1]}, "each is named once"),
        ({"flow": {"algorithm": "raft"}}, "write flow: {algorithm: raft, weights: FILE}; or write algorithm: tvl1"),
        ({"flow": {"weights": "raft.pth"}}, "weights are RAFT's; write algorithm: raft"),
        ({"views": {"crops": 5}}, "crops"),
        ({"videos": {"layout": "miniature", "base": []}}, "leave out what you do not name"),
        (
            {"videos": {"layout": "parts", "labels": ["a", "b"], "learn": {"layout": "folder", "root": "x", "hold_out": 0.1},
                        "judge": {"layout": "folder", "root": "y"}}},
            "hold_out stands at the top of the recipe",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_told(changes: dict[str, Any], told: str) -> None:
    assert told in refused(**changes)


def test_a_method_needs_no_name_twice_and_frames_are_those_of_views() -> None:
    recipe = parse_recipe(yaml.safe_dump(content_of(), sort_keys=False), where="r", base=Path())
    assert isinstance(recipe.methods["mov"], MovOptions) and recipe.methods["mov"].frames == 4
    assert recipe.others == ("flow",) and list(recipe.frozen) == ["frozen-clip"]
    assert published(recipe, lambda *_: None) == ("mov", 1)  # before anything is learned
    assert list(recipe.learned) == ["mov", "late", "coop", "clip-adapter"]


def test_paths_start_from_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("a\nb\n")
    videos = {
        "layout": "parts", "labels": "names.txt", "base": ["a"], "learn": {"layout": "folder", "root": "one"},
        "judge": {"layout": "table", "file": "two.csv"},
    }  # fmt: skip
    recipe = parse_recipe(yaml.safe_dump(content_of(videos=videos), sort_keys=False), where="r", base=tmp_path)
    assert (recipe.videos.labels, recipe.videos.learn.root, recipe.videos.judge.file) == (
        str(tmp_path / "names.txt"), tmp_path / "one", tmp_path / "two.csv"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"methods": {"mov": {"train_layers": 9, **FEW}}}, "train_layers is 9; this image tower has 4 blocks"),
        ({"methods": {"mov": {"other": "sound", "sound_bins": 4, **FEW}}}, "smaller than a patch"),
        ({"methods": {"mov": {"other": "sound", "sound_frames": 2000, **FEW}}}, "2000, and 1000 are stored"),
        ({"encoder": "miniature-clap"}, "is of the family"),
        ({"flow": {"algorithm": "raft", "weights": "gone.pth"}}, "flow: weights: there is no file"),
        ({"flow": {"algorithm": "raft", "weights": __file__}}, "Write views: {short_side: 128}"),
        ({"hold_out": 0}, "held out to choose the epoch on"),
        ({"videos": {"layout": "miniature", "base": ["sliding up"]}}, "no class of the data set: 'sliding up'"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_before_anything_is_made(
    open_video: Open, changes: dict[str, Any], told: str
) -> None:
    bound = open_video(**changes).without_drawing()
    with pytest.raises(MmptError, match=re.escape(told)):
        require_fitting(bound)


def test_a_plan_draws_nothing_and_says_what_is_learned(open_video: Open, tmp_path: Path) -> None:
    steps = {(step.stage, step.what): step for step in plan_run(open_video())}
    assert steps["cache", "frames"].missing == 32 and "not drawn yet" in steps["cache", "frames"].note
    assert (
        steps["cache", "frames"].bytes == 32 * 4 * 48 * 48 * 3 and steps["cache", "flow"].bytes == 32 * 4 * 48 * 48 * 2
    )
    assert steps["cache", "frames, output"].bytes == 32 * 4 * 128 * 4
    assert steps["cache", "sentences"].wanted == 8 * 28
    assert "2,029,568 numbers; 2 steps an epoch" in steps["learn", "mov"].note
    late = steps["learn", "late"].note
    assert "flow is read from its pixels, 18.4 kB a clip" in late and "larger: cut: late, at block02, " in late
    assert steps["judge", "mov"].missing == 16 and not (tmp_path / "workspace").exists()


def test_frames_and_flow_are_of_the_same_views_and_names_have_28_sentences(open_video: Open) -> None:
    bound = open_video(views={"frames": 4, "stride": 2, "clips": 2, "crops": 3})
    frames, flow = frames_spec(bound.recipe, bound.card), flow_spec(bound.recipe, bound.card)
    assert flow.shape[:-1] == frames.shape[:-1] == (6, 4, 48, 48) and flow.views.short_side == frames.short_side == 55
    assert (flow.views.stride, flow.views.clips, flow.bound) == (2, 2, 5)
    assert len(sentences_of(["rising", "falling"])) == 56 and sentences_of(["rising"])[0] == "a photo of rising."


def test_a_plan_needs_no_torch(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PLAN], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_missing_clips_are_an_alarm_and_mark_the_figures(open_video: Open, tmp_path: Path) -> None:
    bound = open_video()
    assert list(alarms(bound, "plan", None)) == []
    gone = Path(bound.sets.judged["novel"].rows[0].path)
    gone.unlink()
    again = opened(tmp_path, content_of())
    (alarm,) = alarms(again, "plan", None)
    assert alarm.code == "partial-data" and "7 of 8 to be judged as novel" in alarm.problem


@pytest.mark.parametrize("name", [name for name in shipped_recipes() if name.startswith("mov/")])
def test_shipped_recipes_load(name: str) -> None:
    recipe: Any = load_recipe(name)
    assert published(recipe, lambda *_: None)[0] in recipe.learned


def test_sizes_and_times_as_people_say_them() -> None:
    assert [told_bytes(n) for n in (12, 18_432, 1_605_632, 2.05e9)] == ["12 B", "18.4 kB", "1.61 MB", "2.05 GB"]
    assert [told_time(s) for s in (12, 600, 7200)] == ["12 s", "10 min", "2.0 h"]
    assert issubclass(OpenVideoError, MmptError)
