"""The history of runs: one file a run, from its beginning on; nothing of it is named by content or needed by anything."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import pipeline.telemetry.recorded as recorded
from pipeline.stages.refresh import refresh
from pipeline.stages.whole import run_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.history import RunEntry, damaged_entries, last_runs, new_entry, write_entry
from pipeline.telemetry.recorded import recorded_run, recorded_stage
from stores.errors import StorageError

Open = Callable[..., BoundSentences]
Tree = Callable[[Path], dict[str, bytes]]


@dataclass
class Named:
    name: str
    workspace: Path


@dataclass
class Bound:
    recipe: Named


@recorded_stage("one", lambda found: {"found": found})
def one(context: Bound) -> int:
    return 5


@recorded_stage("two")
def two(context: Bound, error: BaseException | None = None) -> None:
    if error is not None:
        raise error


@recorded_run("both", lambda found: {"sum": found})
def both(context: Bound, error: BaseException | None = None) -> int:
    found = one(context)
    two(context, error)
    return 2 * found


@pytest.fixture
def bound(tmp_path: Path) -> Bound:
    return Bound(Named("r", tmp_path / "w"))


def test_a_run_and_its_stages(bound: Bound) -> None:
    assert both(bound) == 10
    (entry,) = last_runs(bound.recipe.workspace)
    assert (entry.command, entry.recipe, entry.outcome, entry.state, entry.counts) == (
        "both", "r", "done", "done", {"sum": 10},
    )  # fmt: skip
    assert [(stage.stage, stage.counts, stage.error) for stage in entry.stages] == [
        ("one", {"found": 5}, None), ("two", {}, None),
    ]  # fmt: skip
    assert entry.seconds is not None and 0 <= entry.seconds < 60
    assert entry.pid == os.getpid() and entry.version and entry.host
    (file,) = (bound.recipe.workspace / "runs/r/history").iterdir()
    assert re.fullmatch(r"\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{8}\.json", file.name)


def test_a_stage_by_itself_is_a_run(bound: Bound) -> None:
    one(bound)
    (entry,) = last_runs(bound.recipe.workspace, "r")
    assert (entry.command, [stage.stage for stage in entry.stages]) == ("one", ["one"])
    assert last_runs(bound.recipe.workspace, "another") == []


@pytest.mark.parametrize(
    ("error", "outcome", "told"),
    [
        (ValueError("no"), "failed", "ValueError: no"),
        (OSError("https://u:p@h"), "failed", "OSError: https://***@h"),
        (KeyboardInterrupt(), "interrupted", None),
        (SystemExit(3), "interrupted", None),
    ],
)
def test_what_went_wrong_is_kept_and_passed_on(
    bound: Bound, error: BaseException, outcome: str, told: str | None
) -> None:
    with pytest.raises(type(error)):
        both(bound, error)
    (entry,) = last_runs(bound.recipe.workspace)
    assert (entry.outcome, entry.error, entry.counts) == (outcome, told, {})
    assert [stage.error is None for stage in entry.stages] == [True, False]
    one(bound)  # the next one is a run of its own
    assert [entry.command for entry in last_runs(bound.recipe.workspace)] == ["one", "both"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), StorageError("could not write s3://b/x")])
def test_a_history_that_cannot_be_written_costs_no_run(
    bound: Bound, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(*_: object) -> None:
        raise error

    monkeypatch.setattr(recorded, "write_entry", full)
    assert both(bound) == 10
    assert last_runs(bound.recipe.workspace) == []


def test_a_killed_run_did_not_end(bound: Bound, tmp_path: Path) -> None:
    script = f"""
import sys, time; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from test_history import *
@recorded_run("long")
def long(context):
    one(context); print("there", flush=True); time.sleep(60)
long(Bound(Named("r", Path({str(bound.recipe.workspace)!r}))))
"""
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root)
    assert process.stdout is not None and process.stdout.readline() == "there\n"
    (entry,) = last_runs(bound.recipe.workspace)
    assert (entry.state, entry.seconds, [stage.stage for stage in entry.stages]) == ("under way", None, ["one"])
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    process.stdout.close()
    (entry,) = last_runs(bound.recipe.workspace)
    assert entry.state == "did not end"


def test_a_recycled_process_id_is_not_taken_for_the_run(bound: Bound) -> None:
    entry = new_entry("run", "r")
    assert entry.state == "under way"
    assert RunEntry(**{**vars(entry), "born": (entry.born or 0) - 1}).state == "did not end"
    assert RunEntry(**{**vars(entry), "host": "elsewhere", "born": 1}).state == "under way"  # who could know


def test_the_newest_come_first_and_damage_is_shown(bound: Bound) -> None:
    folder = bound.recipe.workspace / "runs/r"
    for number in range(12):
        entry = new_entry("run", "r")
        entry.started = f"2026-01-{number + 1:02d}T00:00:00.000+00:00"
        write_entry(folder, entry)
    days = [entry.started[8:10] for entry in last_runs(bound.recipe.workspace, count=3)]
    assert days == ["12", "11", "10"]
    newest = max((folder / "history").iterdir())
    newest.write_text('{"cut')
    first, second, _ = last_runs(bound.recipe.workspace, count=3)
    assert (first.state, second.started[8:10]) == ("unreadable", "11") and newest.name in (first.error or "")
    newest.unlink()
    newest.symlink_to("nowhere")
    assert damaged_entries(folder) == [f"history/{newest.name}"]
    assert last_runs(bound.recipe.workspace, count=1)[0].state == "unreadable"
    newest.unlink()
    os.mkfifo(newest)  # is not waited for
    assert damaged_entries(folder) == [f"history/{newest.name}"]
    assert last_runs(bound.recipe.workspace, count=1)[0].state == "unreadable"


def test_runs_of_a_recipe(open_context: Open, finished: Path, tree: Tree) -> None:
    before = tree(finished)
    run_recipe(open_context())
    refresh(open_context())
    newest, second, first = last_runs(finished)
    assert [entry.command for entry in (first, second, newest)] == ["run", "run", "refresh"]
    stages = ["generate", "cache", "train", "evaluate", "report"]
    assert [stage.stage for stage in first.stages] == [stage.stage for stage in second.stages] == stages
    cached = first.stages[1].counts
    assert (cached["rejected"], cached["wanted"], cached["encoded"]) == (1, cached["wanted"], cached["wanted"] - 1)
    assert first.stages[2].counts == {"epochs": 3, "mode": "scratch"}
    assert second.stages[1].counts["encoded"] == 0
    assert newest.counts == {"verdict": "nothing new"}
    assert tree(finished) == before


def test_everything_but_the_workspace_may_be_lost(
    open_context: Open, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a service keeps (Prefect's database) is no input of a run: without it, and without the history, all is done."""
    shutil.rmtree(finished / "runs/small/history")
    monkeypatch.setenv("PREFECT_HOME", str(finished.parent / "a-new-prefect"))
    run_recipe(open_context())
    (entry,) = last_runs(finished)
    made = [sum(stage.counts.get(name, 0) for name in ("queries", "encoded", "epochs")) for stage in entry.stages]
    assert made == [0] * 5
