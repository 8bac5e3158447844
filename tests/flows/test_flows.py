"""The flows without a server: what Prefect's form will show, what they return, and prefect.yaml beside them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint

import flows.stages as flows
from flows import page
from pipeline.cli.options import open_bound
from pipeline.stages.refresh import Refreshed
from pipeline.stages.whole import Outcome, figures
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.comparison import ClassFigure

ROOT = Path(__file__).resolve().parents[2]
WITH_DEVICE = ["recipe", "workspace", "device", "dask"]
FLOWS = {
    "generate-texts": (flows.generate_texts, WITH_DEVICE),
    "cache-features": (flows.cache_features, WITH_DEVICE),
    "train": (flows.train, WITH_DEVICE),
    "evaluate": (flows.evaluate, ["recipe", "workspace", "dask"]),
    "run-recipe": (flows.run_recipe, WITH_DEVICE),
    "refresh": (flows.refresh, [*WITH_DEVICE, "reason"]),
}

Open = Callable[..., BoundSentences]


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
def test_the_form_of_every_flow(name: str) -> None:
    """Every parameter has a type, a default and a sentence that says what it is."""
    flow, parameters = FLOWS[name]
    assert (flow.name, flow.persist_result, flow.retries) == (name, False, 0)
    form = flow.parameters.properties
    assert list(form) == parameters and not flow.parameters.required
    for parameter in form.values():
        types = {parameter["type"]} if "type" in parameter else {part["type"] for part in parameter["anyOf"]}
        assert types <= {"string", "null"} and "default" in parameter
        assert parameter["description"].endswith(".") and "\n" not in parameter["description"]
    if "device" in form:
        assert (form["device"]["pattern"], form["device"]["default"]) == (r"^(auto|cpu|cuda(:\d+)?)$", "auto")
    assert form["recipe"]["examples"] == ["recipe.yaml", "miniature"] and form["recipe"]["anyOf"][0]["minLength"] == 1


def test_a_wrong_parameter_is_refused_before_the_run() -> None:
    from prefect.exceptions import ParameterTypeError

    assert flows.train.validate_parameters({"device": "cuda:3", "dask": "tcp://scheduler:8786"}) == {
        "recipe": None, "workspace": None, "device": "cuda:3", "dask": "tcp://scheduler:8786",
    }  # fmt: skip
    for bad in ({"device": "cuba"}, {"recipe": ""}, {"recipe": 3}, {"dask": "scheduler:8786"}, {"dask": "local:0"}):
        with pytest.raises(ParameterTypeError):
            flows.train.validate_parameters(bad)


def test_prefect_yaml_deploys_every_flow_under_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Own names are what makes the bare ones work."""
    monkeypatch.chdir(ROOT)
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert [each["name"] for each in deployments] == list(FLOWS)
    for each in deployments:
        assert load_flow_from_entrypoint(each["entrypoint"]).name == each["name"]
        assert each["description"]
        pool = "mmpt-cpu" if each["name"] == "evaluate" else "mmpt-gpu"
        assert each["work_pool"] == {"name": pool}
    (refresh,) = [each for each in deployments if each["name"] == "refresh"]
    known = FLOWS["refresh"][0].parameters.properties
    for started in (*refresh["schedules"], *refresh["triggers"]):
        assert set(started["parameters"]) <= set(known)
    from flows.events import CLASSES_ADDED

    assert refresh["triggers"][0]["expect"] == [CLASSES_ADDED]


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
    judged = flows.evaluate.fn(recipe, workspace)
    assert {m: (len(methods), "TaAM-CPT" in methods) for m, methods in judged.items()} == {
        "image": (11, True),
        "audio": (11, True),
    }
    for result in (texts, features, learned, judged):
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


def test_the_work_of_a_flow_on_dask(
    recipe: str, finished: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    """The stages of an empty workspace, each by a cluster's workers: artifacts and answers as without."""
    workspace, asked = tmp_path / "new", (recipe, str(tmp_path / "new"), "cpu", "local:2")
    texts, features, learned = (flow.fn(*asked) for flow in (flows.generate_texts, flows.cache_features, flows.train))
    judged = flows.evaluate.fn(recipe, str(workspace), "local:2")
    assert learned["epochs"] == 3 and all(map(handles_only, (texts, features, learned, judged)))
    assert judged == flows.evaluate.fn(recipe, str(finished))
    assert tree(workspace) == tree(finished)


def test_a_few_shot_recipe_without_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "r.yaml").write_text(
        "name: few\nencoder: miniature-clip\nshots: 1\nseeds: [1]\nviews: 1\nmethods: {coop: {epochs: 1, batch_size: 2}}\n"
        "data: {layout: miniature-shapes, classes: [star, heart, arrow], train_per_class: 1, test_per_class: 1}\n"
    )
    result = flows.run_recipe.fn(str(tmp_path / "r.yaml"), str(tmp_path / "w"), "cpu")
    assert handles_only(result) and list(result["result"]) == ["zero-shot", "coop"]
    assert list(result["result"]["coop"]["accuracies"]) == ["base", "novel"]
    assert result["report"] == str(tmp_path / "w/runs/few/report.html") and Path(result["report"]).is_file()

    shown: dict[str, Any] = {}
    for kind in ("table", "image"):
        monkeypatch.setattr(page, f"create_{kind}_artifact", lambda what, key, about: shown.update({key: what}))
    monkeypatch.setattr(page, "in_run", lambda: True)
    task = open_bound(str(tmp_path / "r.yaml"), tmp_path / "w", "cpu")
    page.show_evaluation(figures(task), task)
    assert list(shown) == ["few-few-shot", "few-methods", "few-loss"]
    assert [row["method"] for row in shown["few-few-shot"]] == ["zero-shot", "coop"]
    assert all(shown[key].startswith("data:image/png;base64,") for key in ("few-methods", "few-loss"))


def test_a_refresh_without_a_server(recipe: str, finished: Path) -> None:
    state = flows.refresh.fn(recipe, str(finished), "cpu")
    assert (state.name, state.message) == (
        "Completed", "nothing new: the published pools know every class of the recipe",
    )  # fmt: skip
    assert handles_only(state.data) and state.data["verdict"] == "nothing new"


def test_a_refresh_that_keeps_the_old_pools_ends_as_kept(
    recipe: str, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A completed state of another name, which an automation can wait for."""
    figure = ClassFigure("image", "cat", "accuracy", 3, 0.5, 1.0, 0.5, new=False)
    outcome = Refreshed("kept", "cat lost", (("image", "hen"),), 6, 7, 3, "frozen", "0" * 32, (figure,))
    monkeypatch.setattr("pipeline.stages.refresh.refresh", lambda context, wrap: outcome)
    state = flows.refresh.fn(recipe, str(finished), "cpu")
    assert (state.type.value, state.name, state.message) == ("COMPLETED", "Kept", "kept: cat lost")
    assert state.data["figures"][0]["label"] == "cat" and handles_only(state.data)


def test_the_recipe_of_the_folder_is_the_default(recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder, name in ((tmp_path, "small"), (tmp_path.parent, "miniature")):
        monkeypatch.chdir(folder)
        with flows._context(None, None, "cpu", None) as context:
            assert context.recipe.name == name


@pytest.mark.slow
def test_through_prefect_s_own_server(
    recipe: str, finished: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    """Law 8: Prefect's database is new here and gone afterwards, and the run that it knows nothing of is found."""
    from prefect.testing.utilities import prefect_test_harness

    before = tree(finished)
    with prefect_test_harness(server_startup_timeout=280):
        state = flows.train(recipe, str(finished), "cpu", return_state=True)
        assert state.is_completed()
        assert flows.evaluate(recipe, str(finished), "local:1", return_state=True).is_completed()
        failed = flows.train(str(tmp_path / "nothing.yaml"), str(finished), "cpu", return_state=True)
        assert failed.is_failed() and "neither a readable file" in failed.message
    assert tree(finished) == before
