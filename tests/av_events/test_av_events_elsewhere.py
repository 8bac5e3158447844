"""The same run by workers, and one that is killed between two epochs: the artifacts are those of one process."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from event_runs import METHODS, bound_of, content_of, opened
from same_bytes import kill_between_epochs, run_by_workers

from pipeline.stages.whole import Outcome

TWO = {name: METHODS[name] for name in ("parallel", "copl")}


def test_workers_make_the_same(packed_runner: Any, ran: Path, outcome: Outcome, tmp_path: Path, tower: str) -> None:
    there = replace(opened(tmp_path, content_of(tower, methods=TWO)), runner=packed_runner)
    run_by_workers(there, packed_runner, list(TWO), (bound_of(ran), outcome), "events")


def test_what_is_killed_between_two_epochs_ends_in_the_same_bytes(
    finished: Path, ran: Path, tower: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("event-prompts", "event-results"):
        shutil.rmtree(finished / "workspace" / kind)
    opened(finished, content_of(tower, methods=TWO))
    kill_between_epochs(lambda: bound_of(finished), bound_of(ran), monkeypatch)
