"""The same run by workers, on an object store, and killed between two epochs: the artifacts are those of one process."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from question_runs import METHODS, bound_of, content_of, opened

from pipeline.stages.predict import predict
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.av.work import units
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.load import load_recipe
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from stores import Store
from stores.address import location

TWO = {name: METHODS[name] for name in ("head-only", "parallel")}


def contents(store: Store) -> dict[str, Any]:
    """Every artifact's manifest, which holds the checksum of every part."""
    return {a.spec.fingerprint: (a.manifest.shards, a.manifest.notes, a.keys()) for a in store.artifacts()}


def test_workers_make_the_same(packed_runner: Any, ran: Path, outcome: Outcome, tmp_path: Path) -> None:
    there = replace(opened(tmp_path, content_of(methods=TWO)), runner=packed_runner)
    found = run_recipe(there)
    assert [name.rpartition("'")[2] for name in packed_runner.names if name.startswith("questions")] == [
        ", head-only with seed 0", ", parallel with seed 0", ", head-only with seed 0, judged", ", parallel with seed 0, judged"
    ]  # fmt: skip
    for name in TWO:
        assert found.result.of(name).scores == outcome.result.of(name).scores
    mine, theirs = contents(there.store), contents(bound_of(ran).store)
    assert {print_: theirs[print_] for print_ in mine} == mine


def test_what_is_killed_between_two_epochs_ends_in_the_same_bytes(
    finished: Path, ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropout, the order of questions and frames of other clips are functions of seed, epoch and step."""
    for kind in ("question-prompts", "question-results", "learned-questions"):
        shutil.rmtree(finished / "workspace" / kind)
    bound, save = opened(finished, content_of(methods=TWO)), Checkpoints.save
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
    mine = contents(bound.store)
    assert {print_: theirs[print_] for print_ in mine} == mine
    assert [unit.is_finished(bound.store) for unit in units(bound)] == [True, True]


def test_an_object_store_holds_the_same_and_answers(s3: str, ran: Path, outcome: Outcome, tmp_path: Path) -> None:
    one = {"head-only": METHODS["head-only"]}
    opened(tmp_path, content_of(methods=one))
    bound = BoundAvQuestions(load_recipe(tmp_path / "recipe.yaml", location(s3)), "cpu", Progress.silent())
    found = run_recipe(bound)
    assert found.result.of("head-only").scores == outcome.result.of("head-only").scores
    theirs, mine = contents(bound_of(ran).store), contents(bound.store)
    assert {print_: theirs[print_] for print_ in mine} == mine
    clip, ask = Path(bound.of("test")[0].video.path), ["Which sound is heard longest?"]
    there, here = (
        predict("few", place, [clip], "cpu", 3, method="head-only", ask=ask)
        for place in (location(s3), ran / "workspace")
    )
    assert there == here and not there[0].error
