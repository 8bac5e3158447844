"""What older versions left is read as it was meant: nothing is made again, all of it is sound, a journal goes on."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.datasets import file_keys
from pipeline.evaluation import EvaluationResult
from pipeline.records import find_run, read_run
from pipeline.runs.work import RESULT
from pipeline.stages.plan import plan_run
from pipeline.stages.whole import figures
from pipeline.tasks.load import load_recipe
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress
from stores import Store
from stores.journal import Journal

OLD = Path(__file__).parent / "old_workspaces"
MADE_IN = "/old-workspace"
TOP1 = {"1-no-checksums": 0.5}


@pytest.fixture(params=sorted(path.name for path in OLD.iterdir() if path.is_dir()))
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A copy of an old workspace with its recipe, as if it had been made where it lies."""
    place = tmp_path / "place"
    shutil.copytree(OLD / request.param, place)
    (place / "stored").rename(place / "workspace")
    record, memory = place / "workspace/runs/old/run.json", place / "workspace/cache/file-keys.json"
    for file in (record, memory):
        file.write_text(file.read_text().replace(MADE_IN, str(place)))
    for path, (_, mtime_ns, _) in json.loads(memory.read_text()).items():
        os.utime(path, ns=(mtime_ns, mtime_ns))
    yield request.param, place


def opened(place: Path) -> BoundSentences:
    return BoundSentences(load_recipe(str(place / "recipe.yaml")), "cpu", Progress(None))


WANTED = {
    "image": 16, "image texts": 32 + 60, "image media": 7, "epochs": 2, "classifiers": 1, "assignments": 1, "files": 7,
}  # fmt: skip
NEW = {"image texts": 60, "classifiers": 1, "assignments": 1, "files": 7}
"""What the ladder brought, which older versions had not: the control's texts, what is solved, and how it judges."""


def missing(place: Path) -> dict[str, int]:
    steps = plan_run(opened(place))
    assert {step.what: step.wanted for step in steps} == WANTED
    return {step.what: step.missing for step in steps if step.missing}


def test_nothing_is_made_again(old: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    _, place = old

    def hashed(path: Path) -> str:
        raise AssertionError(f"{path} is hashed again")

    monkeypatch.setattr(file_keys, "key_of", hashed)
    assert missing(place) == NEW | {"epochs": 2}  # today they learn from sentences that the encoder agrees with
    recipe = place / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("train: {", "train: {agreement: false, "))
    assert missing(place) == NEW
    shards = {path: path.read_bytes() for path in (place / "workspace").glob("*/*/shards/*")}
    figures(opened(place))
    assert missing(place) == {}
    assert {path: path.read_bytes() for path in shards} == shards
    made = [path for path in (place / "workspace").glob("*/*/shards/*") if path not in shards]
    kinds = [path.relative_to(place / "workspace").parts[0] for path in made]
    assert sorted(kinds) == ["assignments"] * 2 + ["classifiers"] * 2 + ["evaluations"] * 2 + ["features"]


def test_everything_is_sound_and_says_what_it_said(old: tuple[str, Path]) -> None:
    name, place = old
    context = opened(place)
    found = context.store.verify()
    assert len(found) == 5 and not any(found.values())
    _, record = find_run("old", place / "workspace")
    assert record == read_run(place / "workspace/runs/old")
    result = EvaluationResult.from_json(context.store.find(record.artifacts["evaluation"]).blob(RESULT).decode())
    (judged,) = [m for m in result.modalities if m.modality == "image"]
    (trained,) = [method for method in judged.methods if method.kind == "trained"]
    assert judged.rows == 6 and trained.metrics["top1"] == TOP1[name]
    assert len(context.sentences("image")) == 16
    assert [row.reason for row in context.media_features("image").rejected()] == ["truncated"]
    assert context.store.gc(set(record.artifacts.values())) == []


def test_its_journal_goes_on(old: tuple[str, Path]) -> None:
    _, place = old
    artifact = Store(place / "workspace").artifacts("texts")[0]
    first, second, third = (f"{number:032x}" for number in (1, 2, 3))
    with artifact.writer() as writer:
        journal = writer.journal()
        assert journal.get(first)["text"].startswith(
            "1. A small circle on a table.\n2. Two of the circles, seen from above –"
        )
        assert journal.get(second)["text"].startswith("1. A small square")
        assert journal.get(third) is None  # its writer was killed in the middle of the line
        journal.add(third, {"text": "1. A sq"})
    assert [Journal(artifact.path).get(key) is not None for key in (first, second, third)] == [True] * 3
