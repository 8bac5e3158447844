"""The model in this process, killed by the system: what it had answered is there, whatever its shard still lacked."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from pipeline.telemetry.progress import Progress, ProgressTask
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Request, StreamingEngine, load_engine
from pipeline.text.engines.ahead import answer_batches
from pipeline.text.generate import generate_texts
from pipeline.text.spec import texts_spec
from stores import Store
from stores.journal import Journal, journal_rows

CONFIG = GenerateConfig(sentences_per_class=20, max_rounds=1, max_new_tokens=40)
LABELS = ["circle", "star", "square"]

KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
import torch
torch.set_num_threads(1)
from test_killed_model import *
add, left = Journal.add, int(sys.argv[2])
def add_and_die(self, key, value):
    global left
    add(self, key, value)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
Journal.add = add_and_die
generate_texts(Store(Path(sys.argv[1])), CONFIG, "image", LABELS, device="cpu")
"""


class Listening:
    """The model, and what it was asked."""

    def __init__(self) -> None:
        self._engine = load_engine(CONFIG, device="cpu")
        self.asked: list[Request] = []

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        raise AssertionError("an engine that gives answers one by one is asked for them so")

    def answers(self, requests: Sequence[Request]) -> Iterator[tuple[int, Answer]]:
        self.asked += requests
        assert isinstance(self._engine, StreamingEngine)
        yield from self._engine.answers(requests)


def tree(workspace: Path) -> dict[str, bytes]:
    return {str(path.relative_to(workspace)): path.read_bytes() for path in workspace.rglob("*") if path.is_file()}


def test_kill_9_loses_only_what_was_being_written(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    first = Listening()
    generate_texts(Store(whole), CONFIG, "image", LABELS, engine=first)
    assert len(first.asked) == 12  # fewer than a shard: without a journal a kill would cost them all
    script = KILLED.format(tests=str(Path(__file__).parent))
    done = subprocess.run([sys.executable, "-c", script, str(killed), "7"], env={**os.environ})
    assert done.returncode == -signal.SIGKILL
    artifact = Store(killed).artifact(texts_spec(CONFIG, "image"))
    assert not artifact.manifest.shards and journal_rows(artifact.path) == 7
    rest = Listening()
    generate_texts(Store(killed), CONFIG, "image", LABELS, engine=rest)
    assert len(rest.asked) == 5
    assert tree(killed) == tree(whole)


class Counting(Progress):
    """Remembers every step."""

    def __init__(self) -> None:
        super().__init__(None)
        self.steps: list[int] = []

    def task(self, name: str, total: int | None = None, unit: str = "row"):  # type: ignore[no-untyped-def]
        counting = self

        class Task(ProgressTask):
            def advance(self, count: int = 1) -> None:
                super().advance(count)
                counting.steps.append(self.done)

        class Block:
            def __enter__(self) -> Task:
                return Task(name, total, unit, None, None)

            def __exit__(self, *_: object) -> None:
                pass

        return Block()


def test_progress_is_shown_from_the_first_answer(tmp_path: Path) -> None:
    counting = Counting()
    generate_texts(Store(tmp_path), CONFIG, "image", LABELS, engine=Listening(), progress=counting)
    assert sorted(set(counting.steps)) == list(range(13))


@pytest.mark.parametrize("short", [True, False])
def test_an_answer_comes_when_it_is_finished_not_when_its_batch_is(tmp_path: Path, short: bool) -> None:
    engine = load_engine(CONFIG.model_copy(update={"max_new_tokens": 12, "temperature": 0}), device="cpu")
    assert isinstance(engine, StreamingEngine)
    # The second query leaves room for three more tokens of the model's context.
    long = Request("dog " * 508, 1)
    requests = [Request("Making", 0), long] if short else [Request("Making", 0), Request("Making", 1)]
    places = [place for place, _ in engine.answers(requests)]
    assert places == ([1, 0] if short else [0, 1])
    batches = answer_batches(engine, [requests], Journal(tmp_path), lambda count: None)
    assert list(batches) == [engine.generate(requests)]
