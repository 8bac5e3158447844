"""The same run by workers, on an object store, and killed between two epochs: the artifacts are those of one process."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from question_runs import METHODS, bound_of, content_of, opened
from same_bytes import kill_between_epochs, require_part_of, run_by_workers

from pipeline.stages.predict import predict
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from pipeline.tasks.load import load_recipe
from pipeline.telemetry.progress import Progress
from stores.address import location

TWO = {name: METHODS[name] for name in ("head-only", "parallel")}


def test_workers_make_the_same(packed_runner: Any, ran: Path, outcome: Outcome, tmp_path: Path) -> None:
    there = replace(opened(tmp_path, content_of(methods=TWO)), runner=packed_runner)
    run_by_workers(there, packed_runner, list(TWO), (bound_of(ran), outcome), "questions")


def test_what_is_killed_between_two_epochs_ends_in_the_same_bytes(
    finished: Path, ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropout, the order of questions and frames of other clips are functions of seed, epoch and step."""
    for kind in ("question-prompts", "question-results", "learned-questions"):
        shutil.rmtree(finished / "workspace" / kind)
    opened(finished, content_of(methods=TWO))
    kill_between_epochs(lambda: bound_of(finished), bound_of(ran), monkeypatch)


def test_an_object_store_holds_the_same_and_answers(s3: str, ran: Path, outcome: Outcome, tmp_path: Path) -> None:
    one = {"head-only": METHODS["head-only"]}
    opened(tmp_path, content_of(methods=one))
    bound = BoundAvQuestions(load_recipe(tmp_path / "recipe.yaml", location(s3)), "cpu", Progress.silent())
    found = run_recipe(bound)
    assert found.result.of("head-only").scores == outcome.result.of("head-only").scores
    require_part_of(bound.store, bound_of(ran).store)
    clip, ask = Path(bound.of("test")[0].video.path), ["Which sound is heard longest?"]
    there, here = (
        predict("few", place, [clip], "cpu", 3, method="head-only", ask=ask)
        for place in (location(s3), ran / "workspace")
    )
    assert there == here and not there[0].error
