"""What a plan says of costs: bytes that stay, seconds that this workspace has measured, and a disk that is too small."""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.alarms.disk_too_small import disk_too_small
from pipeline.cli.app import main
from pipeline.runs.measured import LEAST_S, measured, seconds_each, shown
from pipeline.stages.plan import foreseen, plan_run, to_write
from pipeline.stages.whole import run_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.work import pools_unit

Open = Callable[..., BoundSentences]
Usage = namedtuple("Usage", "total used free")


def test_what_stays_of_epochs_is_what_takes_place(open_context: Open) -> None:
    unit = replace(pools_unit(open_context()), epoch_bytes=100)
    assert unit.bytes_of(40) == 4000
    assert [replace(unit, keep="best").bytes_of(count) for count in (0, 1, 40)] == [0, 100, 200]
    assert replace(unit, keep="last").bytes_of(40) == 100


def test_seconds_of_little_work_are_none() -> None:
    assert seconds_each("f", LEAST_S / 2, 1) == seconds_each("f", 10, 0) == {}
    assert seconds_each("f", 10, 4) == {"seconds each/f": "2.5"}
    assert shown({"seconds each/f": "2.5", "refresh": "published"}) == {"refresh": "published"}


def test_a_plan_tells_the_seconds_that_other_recipes_of_the_workspace_took(
    open_context: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipeline.runs.measured.LEAST_S", 0.0)
    first = open_context(labels={"image": ["cat", "dog"]})
    assert [step.seconds for step in plan_run(first)] == [None] * len(plan_run(first))
    run_recipe(first)
    took = measured(first)(first.media_features("image").spec.fingerprint)
    assert took is not None and took > 0
    other = open_context(labels={"image": ["cat", "dog", "sun"]}, name="other")
    told = {step.what: step for step in plan_run(other) if step.stage == "cache-features"}
    assert told["image media"].missing == 3, "the files of 'sun'"
    assert told["image media"].seconds == pytest.approx(3 * took)
    assert measured(other)("nobody's") is None
    monkeypatch.setattr("sys.argv", ["x", "plan", str(tmp_path / "recipe.yaml"), "-w", str(tmp_path / "workspace")])
    with pytest.raises(SystemExit):
        main()
    out = " ".join(capsys.readouterr().out.split())
    assert "as measured here" in out and "for what this workspace has measured" in out


def test_a_disk_that_is_too_small_is_told_before_anything_is_written(
    open_context: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    context = open_context()
    steps = plan_run(context)
    wanted = to_write(steps)
    for free, codes in ((wanted, []), (wanted - 1, ["disk-too-small"])):
        monkeypatch.setattr("stores.disk.shutil.disk_usage", lambda _, free=free: Usage(free, 0, free))
        assert [alarm.code for alarm in foreseen(context, steps)] == codes
    monkeypatch.setattr("sys.argv", ["x", "plan", str(tmp_path / "recipe.yaml"), "-w", str(tmp_path / "workspace")])
    with pytest.raises(SystemExit):
        main()
    said = capsys.readouterr()
    assert "In all: " in said.out and "disk-too-small" in said.err and "--workspace /elsewhere" in said.err


def test_the_alarm_says_how_much_and_where() -> None:
    (alarm,) = disk_too_small(672_200_000_000, 35_100_000_000, "/data/ws")
    assert "about 672.2 GB are still to be written, and 35.1 GB are free in /data/ws" in alarm.problem
    assert list(disk_too_small(5, 5, "ws")) == []
