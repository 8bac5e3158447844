"""Recipes of audio-visual events: what is refused and with which words, what is warned of, and new ones for own clips."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from event_runs import content_of, opened

from pipeline.datasets.av.clips import Leak, RejectedClip
from pipeline.evaluation.event_ladder import FIGURES
from pipeline.evaluation.intervals import Interval
from pipeline.recipe.errors import RecipeError
from pipeline.stages.plan import foreseen, plan_run
from pipeline.tasks.av.errors import AvError, NotCached, NotJudged, NotTrained
from pipeline.tasks.av.published import published
from pipeline.tasks.av.result import MethodFigures
from pipeline.tasks.av.work import units
from pipeline.tasks.av_events.alarms import _below_frozen, _unlearned, alarms
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.learn import learn
from pipeline.tasks.av_events.result import EventsResult, read_result
from pipeline.tasks.av_events.shown import choose
from pipeline.tasks.load import check_recipe, load_recipe, parse_recipe

Call = Callable[..., tuple[int, str, str]]
ONE = {"copl": {"global_prompts": 2}}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"seeds": [1, 1]}, "each is named once"),
        ({"methods": {}}, "methods"),
        ({"methods": {"copl": {"rungs": "bank"}}}, "methods.copl.rungs: unknown key; did you mean 'rung'?"),
        ({"publish": {"method": "other"}}, "method 'other' is not under 'methods' (head-only, visual alone, parallel"),
        ({"publish": {"method": "copl", "seed": 4}}, "seed 4 is not under 'seeds' (0)"),
        ({"events": {"layout": "avi", "root": "x"}}, "events"),
        ({"protocol": "test"}, "protocol"),
    ],
)
def test_mistakes_are_told(tower: str, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError) as error:
        check_recipe(content_of(tower, **changes), where="r.yaml", base=Path())
    assert told in str(error.value)


def test_the_key_events_says_the_task_and_paths_start_from_the_recipe(tmp_path: Path, tower: str) -> None:
    content = content_of(tower, events={"layout": "events", "root": "clips", "events": "e.csv"}, workspace="w")
    recipe = parse_recipe(yaml.safe_dump(content, sort_keys=False), where="r.yaml", base=tmp_path)
    assert recipe.events.root == tmp_path / "clips" and recipe.events.events == tmp_path / "e.csv"
    assert recipe.workspace == tmp_path / "w" and published(recipe, lambda *_: None) == ("copl", 0)


def test_a_tower_that_is_not_run_block_by_block_is_refused(open_events: Any) -> None:
    with pytest.raises(Exception, match=r"miniature-clip' is not run block by block"):
        plan_run(open_events(encoders={"visual": "miniature-clip"}))


def test_options_that_do_not_fit_the_tower_are_told_with_their_method(open_events: Any) -> None:
    with pytest.raises(AvError) as error:
        plan_run(open_events(methods={"far": {"layers": 99}, "deep": {"variant": "late", "start": "stage9"}}))
    assert "methods: far: copl: layers asks for 99 pairs" in str(error.value) and "methods: deep: " in str(error.value)


def test_a_stage_too_early_says_what_comes_before(open_events: Any) -> None:
    bound: BoundAvEvents = open_events(methods=ONE)
    with pytest.raises(NotCached, match="mmpt-pipeline cache-features RECIPE"):
        learn(bound, units(bound)[0])
    with pytest.raises(NotTrained, match="mmpt-pipeline train RECIPE"):
        read_result(bound)
    assert issubclass(NotJudged, AvError)


def test_splits_without_a_clip_are_told_before_anything_is_made(tmp_path: Path, tower: str) -> None:
    bound = opened(tmp_path, content_of(tower, methods=ONE)).without_drawing()
    kept = tuple(clip for clip in bound.clips.clips if clip.split == "train")
    bound.__dict__["clips"] = replace(bound.clips, clips=kept)
    with pytest.raises(AvError) as error:
        plan_run(bound)
    assert "no clip of test" in str(error.value) and "no clip of val" in str(error.value)


def test_partial_data_and_leaking_videos_are_warned_of(tmp_path: Path, tower: str) -> None:
    bound = opened(tmp_path, content_of(tower, methods=ONE, protocol="lavish")).without_drawing()
    assert [alarm.code for alarm in foreseen(bound)] == ["chosen-on-test"]
    gone = RejectedClip(3, "test", "AVE/x.mp4", "no such file")
    leak = Leak("abc", (("train", 0), ("test", 9)))
    bound.__dict__["clips"] = replace(bound.clips, refused=(gone,), leaks=(leak,))
    found = {alarm.code: alarm.problem for alarm in alarms(bound, "plan", None)}
    assert set(found) == {"partial-data", "leaking-videos", "chosen-on-test"}
    assert (
        "test: 5 of 6" in found["partial-data"] and "1 videos of test are also in train: abc" in found["leaking-videos"]
    )
    assert bound.chooses_on == "test"
    bound.warn("cache", alarms(bound, "plan", None))
    assert list(alarms(bound, "plan", None)) == []  # what the run has kept is not foreseen once more


def test_shown_are_confident_mistakes_wrong_and_right_clips_each_once() -> None:
    truth = np.array([[0, 0], [0, 1], [1, 1], [2, 2]])
    shares = np.zeros((4, 2, 3), np.float32)
    shares[0] = [[0.9, 0.1, 0.0], [0.8, 0.1, 0.1]]  # right
    shares[1] = [[0.6, 0.2, 0.2], [0.95, 0.05, 0.0]]  # one mistake, very sure
    shares[2] = [[0.5, 0.3, 0.2], [0.4, 0.3, 0.3]]  # all wrong, unsure
    shares[3] = [[0.0, 0.2, 0.8], [0.1, 0.0, 0.9]]  # right
    found = choose(shares, truth, each=1)
    assert found == [
        (1, "its most confident mistake: 1 of 2 right"), (2, "most seconds wrong: 0 of 2 right"), (0, "all seconds right")
    ]  # fmt: skip


def test_a_recipe_for_own_clips_is_written_and_can_be_planned(call: Call, tmp_path: Path, tower: str) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "events.csv").write_text("file,label,start_s,end_s\na.mp4,bell,0,2\n")
    asked = ("recipes", "new", "--videos", tmp_path / "clips", "--events", tmp_path / "events.csv", "--encoder", tower)
    out = tmp_path / "recipe.yaml"
    code, told, _ = call(*asked, "--out", out)
    assert code == 0 and "mmpt-pipeline run" in told
    recipe = load_recipe(out)
    assert recipe.name == "clips" and recipe.events.root == tmp_path / "clips" and recipe.encoders.visual == tower
    assert published(recipe, lambda *_: None) == ("late", 0) and "root: clips" in out.read_text()
    code, _, err = call(*asked, "--out", out)
    assert code == 2 and "--force" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--events", "e.csv"), "--videos FOLDER"),
        (("--videos", "clips", "--events", "gone.csv"), "is not there"),
        (("--videos", "nowhere", "--events", "e.csv"), "is no folder"),
        (("--videos", "clips", "--events", "e.csv", "--labels", "a,b"), "none of the others"),
        (("--videos", "clips", "--events", "e.csv", "--encoder", "miniature-clip"), "not run block by block"),
    ],
)
def test_what_no_recipe_can_be_written_for_is_told(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    (tmp_path / "e.csv").write_text("file,label,start_s,end_s\n")
    code, _, err = call("recipes", "new", *words)
    assert code == 2 and told in " ".join(err.split()) and not (tmp_path / "recipe.yaml").exists()


def test_prompts_that_make_it_worse_are_told() -> None:
    """Where a paired interval excludes that the published method is as good as the head on frozen towers."""
    one = MethodFigures("copl", {}, dict.fromkeys(FIGURES, Interval(0.86, 0.84, 0.88)), None, None, (0.86,), (1,))
    found = EventsResult(
        (one,), {}, 64, 64, published="copl", frozen="head-only", over_frozen=Interval(-0.09, -0.11, -0.06)
    )
    (alarm,) = _below_frozen(found)
    assert alarm.code == "below-frozen" and "right in 9.0 points of the seconds fewer than 'head-only'" in alarm.problem
    assert "leave publish out" in alarm.remedy
    for fine in (None, Interval(-0.09, -0.2, 0.01), Interval(-0.005, -0.009, -0.001), Interval(0.1, 0.05, 0.2)):
        assert list(_below_frozen(replace(found, over_frozen=fine))) == []


def test_a_class_that_no_clip_of_train_shows_is_told(open_events: Any) -> None:
    bound = open_events()
    whole = bound.clips
    assert list(_unlearned(bound)) == []
    gone = [label for label in range(2) for clip in whole.of("train") if label in clip.labels]
    quiet = len(whole.classes)
    cut = tuple(
        replace(clip, labels=tuple(quiet if label in gone else label for label in clip.labels))
        if clip.split == "train"
        else clip
        for clip in whole.clips
    )
    bound.__dict__["clips"] = replace(whole, clips=cut)
    (alarm,) = _unlearned(bound)
    assert alarm.code == "unlearned-class" and set(whole.classes[label] for label in gone) <= set(alarm.classes)
    assert "nothing is learned of it" in alarm.problem and whole.classes[gone[0]] in alarm.problem
