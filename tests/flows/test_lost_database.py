"""The server's database is deleted between two runs: nothing but its pages is lost, and nothing is made again."""

from pathlib import Path

import pytest
import yaml
from prefect_service import Service, doc_commands, running_service

from pipeline.telemetry.history import last_runs

pytestmark = [pytest.mark.service, pytest.mark.timeout(3600)]
_OF_EVERY_RUN = ("history", ".lock")


def made(workspace: Path) -> dict[str, tuple[bytes, int]]:
    """Everything in the workspace but the history of runs, with the time at which it was written."""
    return {
        str(path.relative_to(workspace)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(workspace.rglob("*"))
        if path.is_file() and not any(name in str(path.relative_to(workspace)) for name in _OF_EVERY_RUN)
    }


def run_once(service: Service) -> None:
    """The last command of the docs; the server knows this run only."""
    assert "Completed" in service.type(doc_commands()[-1])
    (run,) = service.runs("run")
    assert run["state"]["type"] == "COMPLETED"


def test_a_new_server_finds_everything_done(tmp_path: Path, media: Path) -> None:
    with running_service(tmp_path) as service:
        image = {
            "labels": ["cat", "dog"],
            "encoder": "miniature-clip",
            "data": {"layout": "folder", "root": str(media / "image")},
        }
        recipe = {
            "name": "small",
            "modalities": {"image": image},
            "generate": {"engine": "deterministic", "sentences_per_class": 4},
            "train": {"epochs": 2, "batch_size": 8, "weak": None},
        }
        (service.project / "recipe.yaml").write_text(yaml.safe_dump(recipe))
        workspace = service.project / "workspace"
        run_once(service)
        before = made(workspace)
        assert any(name.startswith("checkpoints/") for name in before)
        service.forget()
        service.start()
        run_once(service)
        assert made(workspace) == before
    second, first = last_runs(workspace)
    assert (first.outcome, second.outcome) == ("done", "done")
    assert {stage.stage: stage.counts.get("epochs") for stage in (*first.stages, *second.stages)}["train"] == 0
