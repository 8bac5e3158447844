"""The flows without a server, and one of them through Prefect's own test server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flows.stages as flows
from pipeline.stages.context import Context
from pipeline.stages.whole import Outcome

FLOWS = {
    "generate-texts": flows.generate_texts,
    "cache-features": flows.cache_features,
    "train": flows.train,
    "run-recipe": flows.run_recipe,
}

Open = Callable[..., Context]


@pytest.fixture
def recipe(open_context: Open, tmp_path: Path) -> str:
    open_context()
    return str(tmp_path / "recipe.yaml")


def handles_only(value: Any) -> bool:
    """Whether a result is small and plain: what a database may hold."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and handles_only(part) for key, part in value.items())
    if isinstance(value, list | tuple):
        return all(handles_only(part) for part in value)
    return value is None or isinstance(value, str | int | float | bool)


@pytest.mark.parametrize("name", FLOWS)
def test_names_and_parameters(name: str) -> None:
    flow = FLOWS[name]
    assert flow.name == name
    assert flow.persist_result is False
    properties = flow.parameters.properties
    assert list(properties) == ["recipe", "workspace", "device"]
    assert {part.get("type") for part in properties.values()} <= {"string", None}  # None: a string, or nothing
    assert not flow.parameters.required


def test_stage_by_stage_without_a_server(recipe: str, tmp_path: Path) -> None:
    workspace = str(tmp_path / "new")
    texts = flows.generate_texts.fn(recipe, workspace, "cpu")
    assert {m: summary["classes"] for m, summary in texts.items()} == {
        "image": {
            label: {"wanted": 6, "kept": texts["image"]["classes"][label]["kept"]} for label in ("cat", "dog", "sun")
        },
        "audio": {label: {"wanted": 6, "kept": texts["audio"]["classes"][label]["kept"]} for label in ("bark", "rain")},
    }
    features = flows.cache_features.fn(recipe, workspace, "cpu")
    assert {source: summary["rejected"] for source, summary in features.items()} == {
        "texts/image": 0, "media/image": 1, "texts/audio": 0, "media/audio": 0,
    }  # fmt: skip
    learned = flows.train.fn(recipe, workspace, "cpu")
    assert (learned["epochs"], learned["mode"], len(learned["added"])) == (3, "scratch", 5)
    for result in (texts, features, learned):
        assert handles_only(result) and len(json.dumps(result)) < 10_000
    again = flows.train.fn(recipe, workspace, "cpu")
    assert again == {**learned, "epochs": 0}


def test_a_whole_recipe_without_a_server(recipe: str, finished: Path, outcome: Outcome) -> None:
    result = flows.run_recipe.fn(recipe, str(finished), "cpu")
    assert handles_only(result)
    assert result == {
        "report": str(finished / "runs/small/report.html"),
        "result": outcome.result.model_dump(mode="json"),
    }


@pytest.mark.slow
def test_through_prefect_s_own_server(
    recipe: str, finished: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    """Law 8: Prefect's database is new here and gone afterwards, and the run that it knows nothing of is found."""
    from prefect.testing.utilities import prefect_test_harness

    before = tree(finished)
    with prefect_test_harness(server_startup_timeout=120):
        state = flows.train(recipe, str(finished), "cpu", return_state=True)
        assert state.is_completed()
        failed = flows.train(str(tmp_path / "nothing.yaml"), str(finished), "cpu", return_state=True)
        assert failed.is_failed() and "neither a readable file" in failed.message
    assert tree(finished) == before
