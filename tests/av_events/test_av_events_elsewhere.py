"""The same run by workers, and one that is killed between two epochs: the artifacts are those of one process."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from event_runs import METHODS, bound_of, content_of, opened

from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.av.work import units
from pipeline.training.checkpoint import Checkpoints
from stores import Store

TWO = {name: METHODS[name] for name in ("parallel", "copl")}


def contents(store: Store) -> dict[str, Any]:
    """Every artifact's manifest, which holds the checksum of every part."""
    return {a.spec.fingerprint: (a.manifest.shards, a.manifest.notes, a.keys()) for a in store.artifacts()}


def test_workers_make_the_same(packed_runner: Any, ran: Path, outcome: Outcome, tmp_path: Path, tower: str) -> None:
    there = replace(opened(tmp_path, content_of(tower, methods=TWO)), runner=packed_runner)
    found = run_recipe(there)
    assert [name.rpartition("'")[2] for name in packed_runner.names if name.startswith("events")] == [
        ", parallel with seed 0", ", copl with seed 0", ", parallel with seed 0, judged", ", copl with seed 0, judged"
    ]  # fmt: skip
    for name in TWO:
        assert found.result.of(name).scores == outcome.result.of(name).scores
    mine, theirs = contents(there.store), contents(bound_of(ran).store)
    assert {print_: theirs[print_] for print_ in mine} == mine


def test_what_is_killed_between_two_epochs_ends_in_the_same_bytes(
    finished: Path, ran: Path, tower: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in ("event-prompts", "event-results"):
        shutil.rmtree(finished / "workspace" / kind)
    bound, save = opened(finished, content_of(tower, methods=TWO)), Checkpoints.save
    saved = []

    def save_and_die(self: Checkpoints, epoch: int, *given: Any, **named: Any) -> None:
        save(self, epoch, *given, **named)
        saved.append(epoch)
        if saved in ([0, 1], [0, 1, 2, 0, 1]):
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoints, "save", save_and_die)
    for _ in TWO:
        with pytest.raises(KeyboardInterrupt):
            run_recipe(bound_of(finished))
    run_recipe(bound_of(finished))
    assert saved == [0, 1, 2, 0, 1, 2]
    theirs = contents(bound_of(ran).store)
    assert {print_: theirs[print_] for print_ in contents(bound.store)} == contents(bound.store)
    assert [unit.is_finished(bound.store) for unit in units(bound)] == [True, True]
