"""That a run of clips which is disturbed, done elsewhere, or done again makes the artifacts of one process."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.records import read_run
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.av.work import units
from pipeline.training.checkpoint import Checkpoints
from stores import Store


def contents(store: Store) -> dict[str, Any]:
    """Every artifact's manifest, which holds the checksum of every part."""
    return {a.spec.fingerprint: (a.manifest.shards, a.manifest.notes, a.keys()) for a in store.artifacts()}


def require_part_of(mine: Store, theirs: Store) -> None:
    """Everything of a store stands in the other in the same bytes."""
    own, others = contents(mine), contents(theirs)
    assert {print_: others[print_] for print_ in own} == own


def run_by_workers(there: Any, runner: Any, methods: Sequence[str], first: tuple[Any, Outcome], part: str) -> Outcome:
    """Run a recipe by workers, and compare it with a run of one process.

    Args:
        there: the recipe, bound to the runner.
        runner: see `packed_runner`.
        methods: that the recipe learns, with seed 0 alone.
        first: the run of one process: bound, and what it ended with.
        part: what the names of the task's units begin with.
    """
    found = run_recipe(there)
    learned = [f", {name} with seed 0" for name in methods]
    named = [name.rpartition("'")[2] for name in runner.names if name.startswith(f"{part} '")]
    assert named == [*learned, *(f"{each}, judged" for each in learned)]
    for name in methods:
        assert found.result.of(name).scores == first[1].result.of(name).scores
    require_part_of(there.store, first[0].store)
    return found


def kill_between_epochs(bound_of: Callable[[], Any], first: Any, patch: pytest.MonkeyPatch) -> None:
    """Kill a run of two methods in the last epoch of each, let it go on, and compare it with one that nobody disturbed.

    Args:
        bound_of: binds the recipe, which learns two methods for two epochs, as a process does that starts.
        first: the bound run that nobody disturbed.
        patch: undone after the test.
    """
    save, saved = Checkpoints.save, list[int]()

    def save_and_die(self: Checkpoints, epoch: int, *given: Any, **named: Any) -> None:
        save(self, epoch, *given, **named)
        saved.append(epoch)
        if saved in ([0, 1], [0, 1, 2, 0, 1]):
            raise KeyboardInterrupt

    patch.setattr(Checkpoints, "save", save_and_die)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            run_recipe(bound_of())
    run_recipe(bound_of())
    assert saved == [0, 1, 2, 0, 1, 2]
    bound = bound_of()
    require_part_of(bound.store, first.store)
    assert [unit.is_finished(bound.store) for unit in units(bound)] == [True, True]


def require_nothing_done(folder: Path, bound_of: Callable[[Path], Any]) -> None:
    """A second run makes nothing, and leaves nothing to be done.

    Args:
        folder: where the recipe `few` has run, beside its workspace.
        bound_of: binds the recipe in a folder.
    """
    before = {path: path.stat().st_mtime_ns for path in (folder / "workspace").rglob("shards/*")}
    record = read_run(folder / "workspace/runs/few")
    outcome = run_recipe(bound_of(folder))
    assert {path: path.stat().st_mtime_ns for path in (folder / "workspace").rglob("shards/*")} == before
    after = read_run(folder / "workspace/runs/few")
    assert record is not None and after is not None and record.artifacts == after.artifacts
    assert outcome.report.is_file() and [step for step in plan_run(bound_of(folder)) if step.missing] == []
