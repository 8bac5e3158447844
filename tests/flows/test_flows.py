"""The flows without a server: what Prefect's form will show, what they return, and prefect.yaml beside them."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.flows import load_flow_from_entrypoint

import flows.stages as flows
from flows import asked, page
from flows.opened import opened
from pipeline.stages.refresh import Refreshed
from pipeline.stages.whole import Outcome
from pipeline.tasks.growth import ClassFigure
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
WITH_DEVICE = ["recipe", "workspace", "device", "dask"]
FLOWS = {
    "plan": (asked.plan, WITH_DEVICE[:2]),
    "status": (asked.status, WITH_DEVICE[:2]),
    "generate-texts": (flows.generate_texts, WITH_DEVICE),
    "cache-features": (flows.cache_features, WITH_DEVICE),
    "train": (flows.train, WITH_DEVICE),
    "evaluate": (flows.evaluate, WITH_DEVICE),
    "report": (flows.report, WITH_DEVICE[:2]),
    "run": (flows.run, WITH_DEVICE),
    "run-recipe": (flows.run_recipe, WITH_DEVICE),
    "retry": (flows.retry, WITH_DEVICE[:3]),
    "predict": (
        asked.predict,
        ["run", "files", "workspace", "device", "top", "threshold", "labels", "method", "seed", "ask"],
    ),
    "refresh": (flows.refresh, [*WITH_DEVICE, "reason"]),
}
ON_CPU = ("plan", "status", "evaluate", "report")

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
    required = ["run", "files"] if name == "predict" else []
    assert list(form) == parameters and flow.parameters.required == required
    for parameter in form.values():
        types = {parameter["type"]} if "type" in parameter else {part["type"] for part in parameter["anyOf"]}
        assert types <= {"string", "null"} | ({"integer", "number", "array"} if name == "predict" else set())
        assert "default" in parameter or parameter["title"] in required
        assert parameter["description"].endswith(".") and "\n" not in parameter["description"]
    if "device" in form:
        default = "cpu" if name == "evaluate" else "auto"
        assert (form["device"]["pattern"], form["device"]["default"]) == (r"^(auto|cpu|cuda(:\d+)?)$", default)
    if name == "predict":
        return
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
        pool = "mmpt-cpu" if each["name"] in ON_CPU else "mmpt-gpu"
        assert each["work_pool"] == {"name": pool}
    (refresh,) = [each for each in deployments if each["name"] == "refresh"]
    known = FLOWS["refresh"][0].parameters.properties
    for started in (*refresh["schedules"], *refresh["triggers"]):
        assert set(started["parameters"]) <= set(known)
    from flows.events import CLASSES_ADDED

    assert refresh["triggers"][0]["expect"] == [CLASSES_ADDED]


def warned(workspace: Path) -> list[dict[str, Any]]:
    """What the run record has of warnings, stage by stage."""
    record = json.loads((workspace / "runs/small/run.json").read_text())
    return [alarm for alarms in record["warnings"].values() for alarm in alarms]


def test_a_whole_recipe_without_a_server(recipe: str, finished: Path, outcome: Outcome) -> None:
    result = flows.run.fn(recipe, str(finished), "cpu")
    assert handles_only(result)
    warnings = result.pop("warnings")
    assert {each["code"] for each in warnings} == {each["code"] for each in warned(finished)}
    licences = {each["what"]: each["licence"] for each in result["result"].pop("licences")}
    assert licences["encoder miniature-clip"] == "Apache-2.0" and licences["image data"] == ""
    assert result == {
        "report": str(finished / "runs/small/report.html"),
        "result": outcome.result.model_dump(mode="json"),
    }


def test_the_work_of_a_flow_on_dask(
    recipe: str, finished: Path, tmp_path: Path, tree: Callable[[Path], dict[str, bytes]]
) -> None:
    """All stages of an empty workspace by one cluster's workers: artifacts as without."""
    workspace = tmp_path / "new"
    found = flows.run.fn(recipe, str(workspace), "cpu", "local:2")
    assert handles_only(found) and tree(workspace) == tree(finished)


def test_every_flow_that_makes_something_takes_a_cluster(
    recipe: str, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each opens the runner that it is told; with none of its workers there is nothing to do in a finished workspace."""
    asked: list[str | None] = []

    @contextmanager
    def opened_runner(processes: int | None, dask: str | None) -> Iterator[None]:
        asked.append(dask)
        yield None

    monkeypatch.setattr("flows.opened.open_runner", opened_runner)
    made = [name for name, (_, parameters) in FLOWS.items() if "dask" in parameters]
    for name in made:
        FLOWS[name][0].fn(recipe, str(finished), "cpu", f"local:{len(asked) + 1}")
    assert asked == [f"local:{number}" for number in range(1, len(made) + 1)] and len(made) == 7


FEW_SHOT = (
    "name: few\nencoder: miniature-clip\nshots: 1\nseeds: [1]\nviews: 1\nmethods: {coop: {epochs: 1, batch_size: 2}}\n"
    "data: {layout: miniature-shapes, classes: [star, heart, arrow], train_per_class: 1, test_per_class: 1}\n"
)


EVENTS = (
    "name: events\nevents: {layout: miniature, train: 8, val: 2, test: 2}\nencoders: {visual: miniature-swin}\n"
    "methods: {head-only: {rung: none, epochs: 1}}\nseeds: [0]\n"
)
QUESTIONS = (
    "name: questions\nquestions: {layout: miniature, train: 12, val: 12, test: 12}\nencoders: {visual: miniature-swin}\n"
    "methods: {head-only: {rung: none, head: {width: 8}, negatives: 10, epochs: 1}}\nseeds: [0]\n"
)
MASKS = (
    "name: masks\nmasks: {layout: miniature, train: 8, val: 2, test: 2}\nencoders: {visual: miniature-swin}\nseeds: [0]\n"
    "methods: {head-only: {rung: none, epochs: 1, head: {size: 32, width: 8, level_widths: [8, 8, 8, 8], levels: last}}}\n"
)
VIDEOS = (
    "name: videos\nvideos: {layout: miniature, train_per_class: 2, test_per_class: 1}\nencoder: miniature-clip\nseeds: [0]\n"
    "views: {frames: 2, clips: 1, crops: 1}\nmethods: {clip-adapter: {epochs: 1, batch_size: 4}}\n"
)


@pytest.mark.parametrize("name", ["small", "few", "events", "masks", "questions", "videos"])
def test_every_flow_on_every_kind_of_recipe(
    name: str, recipe: str, tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stage by stage, then what is asked of a finished run; and what each shows on its page."""
    shown: dict[str, Any] = {}
    for kind in ("table", "image", "markdown"):
        monkeypatch.setattr(page, f"create_{kind}_artifact", lambda what, key, about=None: shown.update({key: what}))
    for each in ("flows.page.in_run", "flows.asked.page.in_run"):
        monkeypatch.setattr(each, lambda: True)
    monkeypatch.setattr("flows.opened.as_task", lambda name, stage: stage)
    monkeypatch.setattr("flows.opened.run_progress", Progress.silent)
    for module in ("asked", "page"):
        monkeypatch.setattr(f"flows.{module}.get_run_logger", lambda: logging.getLogger("flows"))
    few = name != "small"
    if few:
        recipe = str(tmp_path / "few.yaml")
        recipes = {"few": FEW_SHOT, "events": EVENTS, "masks": MASKS, "questions": QUESTIONS, "videos": VIDEOS}
        Path(recipe).write_text(recipes[name])
    workspace = str(tmp_path / "w")
    planned = asked.plan.fn(recipe, workspace)
    assert all(step["missing"] for step in planned) and f"{name}-plan" in shown
    texts = flows.generate_texts.fn(recipe, workspace, "cpu")
    counts = {m: {label: each["wanted"] for label, each in s["classes"].items()} for m, s in texts.items()}
    wanted = {"image": dict.fromkeys(["cat", "dog", "sun"], 6), "audio": dict.fromkeys(["bark", "rain"], 6)}
    assert counts == ({} if few else wanted)
    features = flows.cache_features.fn(recipe, workspace, "cpu")
    rejected = {source: summary["rejected"] for source, summary in features.items() if summary["rejected"]}
    assert rejected == ({} if few else {"media/image": 1})
    learned, judged = flows.train.fn(recipe, workspace, "cpu"), flows.evaluate.fn(recipe, workspace, "cpu")
    assert learned["epochs"] == (1 if few else 3)
    assert flows.train.fn(recipe, workspace, "cpu")["epochs"] == 0
    if not few:
        assert (learned["mode"], len(learned["added"])) == ("scratch", 5)
        assert list(judged) == ["image", "audio"] and all("TaAM-CPT" in methods for methods in judged.values())
    drawn = flows.report.fn(recipe, workspace)
    assert drawn == {"report": str(tmp_path / f"w/runs/{name}/report.html")} and Path(drawn["report"]).is_file()
    assert not any(step["missing"] for step in asked.plan.fn(recipe, workspace) if step["stage"] != "generate-texts")
    found = asked.status.fn(recipe, workspace)
    assert found["recipe"] == name and found["runs"][0]["command"] == "report" and f"{name}-stored" in shown
    again = flows.retry.fn(recipe, workspace, "cpu")
    assert (again.name, again.message) == (
        ("Completed", "nothing had failed") if few else ("Failing", "1 of 1 fail still")
    )
    picture = (
        next((tmp_path / "w").rglob({"few": "*.jpg", "masks": "*.wav", "videos": "*.avi"}.get(name, "*.mp4")))
        if few
        else media / "image/cat/0.png"
    )
    ask = {"ask": ["Which sound is heard longest?"]} if name == "questions" else {}
    answers = asked.predict.fn(name, [str(picture), str(tmp_path / "none.png")], workspace, "cpu", top=2, **ask)
    assert (answers.name, answers.message) == ("Unreadable", "1 files judged, 1 could not be read")
    assert [len(each["predictions"]) for each in answers.data] == [
        0 if name == "masks" else 2,
        0,
    ] and f"{name}-answers" in shown
    new = flows.refresh.fn(recipe, workspace, "cpu")
    assert (new.name, new.data["verdict"]) == ("Completed", "nothing new")
    whole = flows.run_recipe.fn(recipe, workspace, "cpu")
    assert whole["report"] == drawn["report"]
    for result in (planned, texts, features, learned, judged, found, again.data, answers.data, new.data, whole):
        assert handles_only(result) and len(json.dumps(result)) < 30_000
    if name == "events":
        named = [row["method"] for row in shown["events-events"]]
        assert whole["result"]["clips"] == 2 and named[0] == "head-only (published)"
    if name == "questions":
        named = [row["method"] for row in shown["questions-questions"]]
        assert whole["result"]["clips"] == 12 and named[0] == "head-only (published)" and shown["questions-kinds"]
        assert [row["question"] for row in shown["questions-answers"]] == 2 * ask["ask"]
    if name == "masks":
        assert len(answers.data[0]["masks"]) == 5 and whole["result"]["masks"] == 10
        assert shown["masks-masks"][0]["method"] == "head-only (published)"
    if name == "videos":
        assert whole["result"]["clips"] == {"base": 4, "novel": 4}
        assert [row["method"] for row in shown["videos-open-video"]] == ["frozen-clip", "clip-adapter (published)"]
    if name == "few":
        assert list(whole["result"]["coop"]["accuracies"]) == ["base", "novel"]
        assert [row["method"] for row in shown["few-few-shot"]] == ["zero-shot", "coop"]
    pictures = {key for key, what in shown.items() if str(what).startswith("data:image/png;base64,")}
    assert pictures == {f"{name}-methods", f"{name}-loss"}


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
        with opened(None, None) as context:
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
        assert flows.evaluate(recipe, str(finished), "cpu", "local:1", return_state=True).is_completed()
        failed = flows.train(str(tmp_path / "nothing.yaml"), str(finished), "cpu", return_state=True)
        assert failed.is_failed() and "neither a readable file" in failed.message
    assert tree(finished) == before
