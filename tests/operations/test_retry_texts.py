"""The text half of `retry`: queries of which no sentence was kept are asked again, and no others."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pipeline.stages.cache import cache
from pipeline.stages.generate import generate
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.text.engines.base import Answer, Request
from pipeline.text.engines.deterministic import DeterministicEngine
from pipeline.text.spec import texts_spec

Open = Callable[..., BoundSentences]
LABELS = {"image": ["cat", "dog"]}
QUOTA = 60


def test_fruitless_queries_are_asked_again(
    call: Callable[..., tuple[int, str]], open_context: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []
    broken = True
    answer = DeterministicEngine.generate

    def answers(engine: DeterministicEngine, requests: Sequence[Request]) -> list[Answer]:
        asked.extend(requests)
        found = answer(engine, requests)
        return [Answer("1. No idea.") if broken and fails(r) else a for r, a in zip(requests, found, strict=True)]

    def fails(request: Request) -> bool:
        return request.seed % 3 == 0

    monkeypatch.setattr(DeterministicEngine, "generate", answers)
    context = open_context(LABELS, generate={"sentences_per_class": QUOTA, "max_rounds": 1})
    generate(context)
    cache(context)
    failed = {(request.prompt, request.seed) for request in asked if fails(request)}
    first = len(asked)
    assert 0 < len(failed) < first

    arguments = ("retry", tmp_path / "recipe.yaml", "-w", context.recipe.workspace, "--json", "--device", "cpu")
    row = {"what": "texts/image", "reason": "label missing", "tried": len(failed)}
    files = {"what": "media/image", "reason": "truncated", "tried": 1, "failing": 1, "mended": 0}
    assert json.loads(call(*arguments)[1]) == [files, row | {"failing": len(failed), "mended": 0}]
    asked.clear()
    code, out = call(*arguments, "--failed")
    assert (code, json.loads(out)) == (1, [files, row | {"failing": len(failed), "mended": 0}])
    assert {(request.prompt, request.seed) for request in asked} == failed and len(asked) == len(failed)
    before = {text.key for text in context.sentences("image")}

    broken = False
    asked.clear()
    code, out = call(*arguments, "--failed")
    assert json.loads(out) == [files, row | {"failing": 0, "mended": len(failed)}]
    assert {(request.prompt, request.seed) for request in asked} == failed
    table = context.store.artifact(texts_spec(context.recipe.generate, "image")).table(["anchor", "query"]).to_pylist()
    answered = {(found["anchor"], found["query"]) for found in table}
    assert len(answered) == first and len({text.key for text in context.sentences("image")}) > len(before)
    assert json.loads(call(*arguments)[1]) == [files]
