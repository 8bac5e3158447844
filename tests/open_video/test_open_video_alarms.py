"""What a user is told though nothing failed: clips on both sides, and methods that made novel names worse."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from video_runs import bound_of, content_of

from pipeline.evaluation.intervals import Interval
from pipeline.miniature.world.reversals_files import write_reversals
from pipeline.stages.whole import Outcome
from pipeline.tasks.open_video.alarms import alarms
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.result import OpenVideoResult


def with_novel(result: OpenVideoResult, name: str, ours: float, over: tuple[float, float]) -> OpenVideoResult:
    """The same run, where a method has so many novel clips right and frozen CLIP has three quarters."""
    exact = Interval(0.75, 0.75, 0.75)
    changed = []
    for each in result.methods:
        value = exact if each.name == "frozen-clip" else Interval(ours, ours, ours)
        more = {**each.over, "novel": Interval(ours - 0.75, *over)} if each.over else {}
        changed.append(replace(each, figures={**each.figures, "novel": value}, over=more))
    assert name in {each.name for each in changed}
    return replace(
        result, methods=tuple(changed), clips={"base": 400, "novel": 400}, listed={"base": 400, "novel": 400}
    )


def test_novel_below_frozen_clip_is_told_and_what_to_type(outcome: Outcome, ran: Path) -> None:
    bound = bound_of(ran)
    published = replace(outcome.result, published="mov")
    worse = with_novel(published, "mov", 0.6, (-0.2, -0.1))
    (alarm,) = alarms(bound, "evaluate", worse)
    assert alarm.code == "below-zero-shot" and "mov (novel classes) reaches 60.0 % of 400 video files" in alarm.problem
    assert "15.0 points less than the encoder alone (frozen-clip, 75.0 %)" in alarm.problem
    assert "lower beta" in alarm.remedy and "publish" not in alarm.remedy  # the clips that are judged choose nothing
    assert list(alarms(bound, "evaluate", with_novel(published, "mov", 0.745, (-0.02, 0.01)))) == []
    assert list(alarms(bound, "evaluate", with_novel(published, "mov", 0.9, (0.1, 0.2)))) == []


def test_frozen_clip_that_is_published_is_never_below_itself(
    outcome: Outcome, open_video: Callable[..., BoundOpenVideo]
) -> None:
    methods = {**content_of()["methods"], "frozen-clip": {}}
    bound = open_video(methods=methods, publish={"method": "frozen-clip"})
    own = replace(outcome.result, published="frozen-clip")
    assert list(alarms(bound, "evaluate", with_novel(own, "mov", 0.2, (-0.6, -0.5)))) == []


def test_clips_on_both_sides_are_told(tmp_path: Path, open_video: Callable[..., BoundOpenVideo]) -> None:
    root = write_reversals(tmp_path / "world", 3, {"train": 2, "test": 1})
    part = {"layout": "ucf101", "root": str(root)}
    names = ["sliding left", "sliding right", "rising", "falling"]
    both = {"learn": {**part, "split": "all"}, "judge": {**part, "split": "test01"}}
    bound = open_video(videos={"layout": "parts", "labels": names, "base": names[:2], **both})
    found = {alarm.code: alarm.problem for alarm in alarms(bound, "cache", None)}
    assert list(found) == ["leaking-videos"]
    assert found["leaking-videos"].startswith("2 of the base clips that are judged are also learned from")
