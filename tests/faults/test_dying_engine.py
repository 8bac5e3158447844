"""An engine that dies costs what it was writing: a batch, or a few answers where it queues. Nothing that was published."""

from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from pipeline.text.config import GenerateConfig
from pipeline.text.engines.base import Answer, Request, all_answers
from pipeline.text.engines.deterministic import DeterministicEngine
from pipeline.text.engines.load import load_engine
from pipeline.text.errors import EngineError
from pipeline.text.generate import generate_texts
from pipeline.text.spec import texts_spec
from stores import Store

CONFIG = GenerateConfig(engine="deterministic", sentences_per_class=20, queries_per_shard=4)
LABELS = ["circle", "star", "square"]


class Dying:
    """Answers so many requests, then dies."""

    def __init__(self, answers: int):
        self._left = answers
        self._engine = DeterministicEngine(CONFIG.template, tuple(CONFIG.modality_words.values()))

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        answers = []
        for request in requests:
            if self._left == 0:
                raise EngineError("out of memory")
            self._left -= 1
            answers += self._engine.generate([request])
        return answers


def tree(workspace: Path) -> dict[str, bytes]:
    return {str(path.relative_to(workspace)): path.read_bytes() for path in workspace.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("answers", "batches"), [(0, 0), (3, 0), (4, 1), (6, 1), (9, 2)])
def test_dies_in_mid_batch(tmp_path: Path, answers: int, batches: int) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    generate_texts(Store(whole), CONFIG, "image", LABELS, engine=load_engine(CONFIG))
    with pytest.raises(EngineError, match="^out of memory$"):
        generate_texts(Store(broken), CONFIG, "image", LABELS, engine=Dying(answers))
    artifact = Store(broken).artifact(texts_spec(CONFIG, "image"))
    assert len(artifact.manifest.shards) == batches
    assert artifact.verify() == []
    generate_texts(Store(broken), CONFIG, "image", LABELS, engine=load_engine(CONFIG))
    assert tree(broken) == tree(whole)


class DyingQueue:
    """A queueing engine that finishes requests last to first, and dies after so many."""

    def __init__(self, answers: int | None = None):
        self._left = answers
        self._engine = DeterministicEngine(CONFIG.template, tuple(CONFIG.modality_words.values()))
        self.asked: list[Request] = []
        self.answered: list[Request] = []

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        return all_answers(self.submit(requests))

    def submit(self, requests: Sequence[Request]) -> list[Future[Answer]]:
        self.asked += requests
        futures: list[Future[Answer]] = [Future() for _ in requests]
        for request, future in reversed(list(zip(requests, futures, strict=True))):
            if self._left == len(self.answered):
                future.set_exception(EngineError("out of memory"))
            else:
                self.answered.append(request)
                future.set_result(self._engine.generate([request])[0])
        return futures


@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize(("answers", "batches"), [(0, 0), (3, 0), (4, 1), (6, 1), (8, 2), (11, 2)])
def test_what_a_queueing_engine_has_answered_is_not_asked_again(
    tmp_path: Path, answers: int, batches: int, torn: bool
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    generate_texts(Store(whole), CONFIG, "image", LABELS, engine=load_engine(CONFIG))
    first = DyingQueue(answers)
    with pytest.raises(EngineError, match="^out of memory$"):
        generate_texts(Store(broken), CONFIG, "image", LABELS, engine=first)
    artifact = Store(broken).artifact(texts_spec(CONFIG, "image"))
    assert len(artifact.manifest.shards) == batches
    journal = artifact.path / "journal.jsonl"
    kept = len(journal.read_bytes().splitlines()) if journal.exists() else 0
    assert kept == len(first.answered) - 4 * batches
    if torn and kept:  # killed in the middle of the last line
        journal.write_bytes(journal.read_bytes()[:-5])
    second = DyingQueue()
    generate_texts(Store(broken), CONFIG, "image", LABELS, engine=second)
    again = set(first.answered) & set(second.asked)
    assert len(again) == (1 if torn and kept else 0)
    assert tree(broken) == tree(whole)
