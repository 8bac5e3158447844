"""An engine that dies in the middle of a batch costs that batch, and nothing that was published."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.text.config import GenerateConfig
from pipeline.text.engines.base import Answer, Request
from pipeline.text.engines.deterministic import DeterministicEngine
from pipeline.text.engines.load import load_engine
from pipeline.text.errors import EngineError
from pipeline.text.generate import generate_texts, texts_spec
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
