"""The service as its user meets it: a real server and worker, every deployment, new classes by event and by schedule.

The tests follow each other: one service serves them all. They are no part of `make test`: on a machine that is busy the
server, with its SQLite database, now and then leaves a request unanswered for a minute. Run them by `make test-service`.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from llm_server import llm_server
from prefect_service import ROOT, SECRET, Service, doc_commands, running_service

from pipeline.records import read_run

pytestmark = [pytest.mark.service, pytest.mark.timeout(3600)]

DEPLOYMENTS = {
    "plan": "mmpt-cpu", "status": "mmpt-cpu", "generate-texts": "mmpt-gpu", "cache-features": "mmpt-gpu", "train": "mmpt-gpu",
    "evaluate": "mmpt-cpu", "report": "mmpt-cpu", "run": "mmpt-gpu", "run-recipe": "mmpt-gpu", "retry": "mmpt-gpu",
    "predict": "mmpt-gpu", "refresh": "mmpt-gpu",
}  # fmt: skip


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, media: Path) -> Iterator[Service]:
    with running_service(tmp_path_factory.mktemp("service")) as found:
        recipe: dict[str, Any] = {
            "name": "small",
            "modalities": {
                "image": {
                    "labels": "names.txt",
                    "encoder": "miniature-clip",
                    "data": {"layout": "folder", "root": str(media / "image")},
                }
            },
            "generate": {"engine": "deterministic", "sentences_per_class": 4},
            "train": {"epochs": 2, "batch_size": 8, "weak": None},
            "refresh": {"tolerance": 1.0},
        }
        (found.project / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        (found.project / "names.txt").write_text("cat\ndog\n")
        yield found


def deployment(service: Service, name: str) -> dict[str, Any]:
    found = service.ask(f"/deployments/name/{name}/{name}")
    assert isinstance(found, dict)
    return found


def kinds(shown: dict[str, list[Any]]) -> list[str]:
    """What lies on a page, besides the bars of what took long."""
    return sorted(set(shown) - {"progress"})


def outcome(run: dict[str, Any]) -> tuple[str, str]:
    return run["state"]["name"], run["state"]["message"]


def test_everything_is_deployed(service: Service) -> None:
    found = {name: deployment(service, name) for name in DEPLOYMENTS}
    assert {name: each["work_pool_name"] for name, each in found.items()} == DEPLOYMENTS
    assert all(each["description"] and each["enforce_parameter_schema"] for each in found.values())
    limits = {pool: service.ask(f"/work_pools/{pool}")["concurrency_limit"] for pool in set(DEPLOYMENTS.values())}
    assert limits == {"mmpt-gpu": 1, "mmpt-cpu": 4}
    form = found["train"]["parameter_openapi_schema"]["properties"]
    assert form["device"]["default"] == "auto" and form["device"]["pattern"] and form["device"]["description"]
    (nightly,) = found["refresh"]["schedules"]
    assert (nightly["schedule"]["cron"], nightly["schedule"]["timezone"], nightly["active"]) == (
        "0 3 * * *", "Etc/UTC", True,
    )  # fmt: skip
    (automation,) = service.ask("/automations/filter", limit=10)
    assert automation["enabled"] and automation["trigger"]["expect"] == ["mmpt.classes.added"]


def test_both_names_mean_one_deployment(service: Service) -> None:
    """The bare name of the user's card, and Prefect's own form: asked for later, so that no run is made now."""
    for name in ("train", "train/train"):
        service.call("prefect", "deployment", "run", name, "--start-in", "3 days")
    planned = service.ask("/flow_runs/filter", flows={"name": {"any_": ["train"]}})
    assert [run["state"]["name"] for run in planned] == ["Scheduled"] * 2
    assert [run["deployment_id"] for run in planned] == [deployment(service, "train")["id"]] * 2
    for run in planned:
        service.call_api("DELETE", f"/flow_runs/{run['id']}", None)


def test_generate_cache_train(service: Service) -> None:
    """By the bare name of the user's card, and by the server's interface; features by a Dask cluster of one."""
    service.call("prefect", "deployment", "run", "generate-texts")
    for name, dask in (("cache-features", "local:1"), ("train", None)):
        path = f"/deployments/{deployment(service, name)['id']}/create_flow_run"
        service.ask(path, parameters={"device": "cpu", "dask": dask}, idempotency_key=f"the one run of {name}")
    (train,) = service.wait("the training", lambda: service.runs("train"))
    (write,), (cache,) = service.runs("generate-texts"), service.runs("cache-features")
    assert [run["state"]["type"] for run in (write, cache, train)] == ["COMPLETED"] * 3
    record = read_run(service.project / "workspace/runs/small")
    assert record is not None
    assert record.columns == [["image", "cat"], ["image", "dog"]] and record.mode == "scratch"
    shown = service.artifacts(write)
    assert kinds(shown) == ["markdown", "table"]
    (table,) = shown["table"]
    assert {row["class"]: row["wanted"] for row in json.loads(table)} == {"cat": 4, "dog": 4}
    assert any(re.search(r"\*\*image\*\*: [1-9]\d* written now", text) for text in shown["markdown"])
    assert any(re.match("# (No|[1-9]) warning", text) for text in shown["markdown"]), (
        "whether something is wrong is always told"
    )
    assert kinds(service.artifacts(cache)) == ["markdown", "table"]
    pictures = service.artifacts(train)
    assert kinds(pictures) == ["image", "markdown"] and str(pictures["image"][0]).startswith("data:image/png;base64,")


def test_the_last_command_of_the_docs_ends_with_a_report(service: Service) -> None:
    """The first one is for a fresh machine; the three between have started this service."""
    first, *_, last = doc_commands()
    assert first == "make setup && . .venv/bin/activate"
    assert "setup: $(READY)" in (ROOT / "Makefile").read_text()
    told = service.type(last)
    (run,) = service.runs("run")
    assert run["state"]["type"] == "COMPLETED" and "Completed" in told
    assert kinds(service.artifacts(run)) == ["image", "markdown", "table"]
    assert (service.project / "workspace/runs/small/report.html").stat().st_size > 100_000


def test_a_finished_run_answers_about_files(service: Service, media: Path) -> None:
    """A list of files goes through the server's form; the answers are on the run's page."""
    torn = service.project / "torn.png"
    torn.write_bytes(b"no picture")
    picture = media / "image/cat/0.png"
    run = service.run("predict", "answers", run="small", files=[str(picture), str(torn)], top=1)
    assert outcome(run) == ("Unreadable", "1 files judged, 1 could not be read")
    (table,) = service.artifacts(run)["table"]
    told = {Path(row["file"]).name: row["classes"] for row in json.loads(table)}
    assert re.fullmatch(r"(cat|dog) [\d.]+", told[picture.name]) and told["torn.png"]


def test_what_is_refused_makes_no_run(service: Service) -> None:
    off = service.call("prefect", "deployment", "run", "train", ok=False, PREFECT_PLUGINS_ENABLED="0")
    assert "Expected format: <FLOW_NAME>/<DEPLOYMENT_NAME>" in off
    told = service.call("prefect", "deployment", "run", "train", "-p", 'device="cuba"', ok=False)
    assert "device" in told
    assert len(service.runs("train")) == 1


def test_a_cut_connection_is_tried_again_and_a_refusal_is_not(service: Service) -> None:
    """Both on the server: attempts, state and log; and the key of the language model is nowhere in its database."""
    with llm_server() as address:
        paths = {"cut": "/v1", "refused": "/refused/v1"}
        for name, path in paths.items():
            served = {"url": address + path, "key_env": "SERVICE_LLM", "attempts": 1, "concurrency": 1}
            recipe = yaml.safe_load((service.project / "recipe.yaml").read_text())
            recipe |= {
                "name": name,
                "generate": {"engine": "openai", "model": name, "sentences_per_class": 4, "server": served},
            }
            (service.project / f"{name}.yaml").write_text(yaml.safe_dump(recipe))
        cut, refused = (
            service.run("generate-texts", f"a server that is {name}", recipe=f"{name}.yaml") for name in paths
        )
    assert cut["state"]["type"] == "COMPLETED", cut["state"]
    assert [task["run_count"] for task in service.tasks(cut)] == [2]
    assert "failed 1 times in a row" in service.log(cut, "Finished in state")
    assert refused["state"]["type"] == "FAILED" and "refused a request with status 401" in refused["state"]["message"]
    assert "Bearer ***" in refused["state"]["message"]
    assert [task["run_count"] for task in service.tasks(refused)] == [1]
    assert "Traceback" in service.log(refused, "Bearer ***")
    files = [path for path in (service.project.parent / "prefect").rglob("*.db*") if path.is_file()]
    held = {path.name: path.read_bytes() for path in files}
    assert any(b"status 401" in content for content in held.values())
    assert [name for name, content in held.items() if SECRET.encode() in content] == []


def test_new_classes_by_event_and_then_nothing_by_schedule(service: Service) -> None:
    told = service.call("mmpt-pipeline", "classes", "add", "recipe.yaml", "sun", "--emit")
    assert told.splitlines() == [f"1 added to {service.project / 'names.txt'}: sun", "The service was told."]
    (run,) = service.wait("the refresh by the event", lambda: service.runs("refresh"))
    name, message = outcome(run)
    assert (name, message.split(";")[0]) == ("Completed", "published: 1 new class"), message
    assert run["parameters"] == {"recipe": str(service.project / "recipe.yaml"), "reason": "new class names"}
    record = read_run(service.project / "workspace/runs/small")
    assert record is not None and record.mode == "frozen"
    assert record.columns == [["image", label] for label in ("cat", "dog", "sun")]
    shown = service.artifacts(run)
    assert kinds(shown) == ["markdown", "table"] and any("# Published" in text for text in shown["markdown"])
    refresh = deployment(service, "refresh")["id"]
    schedule = {"schedule": {"interval": 5}, "active": True, "parameters": {"reason": "a short schedule"}}
    service.call_api("POST", f"/deployments/{refresh}/schedules", [schedule])
    second = service.wait("the refresh by the schedule", lambda: service.runs("refresh")[1:])[0]
    assert second["parameters"]["reason"] == "a short schedule" and second["auto_scheduled"]
    assert outcome(second) == ("Completed", "nothing new: the published pools know every class of the recipe")
    assert read_run(service.project / "workspace/runs/small") == record
