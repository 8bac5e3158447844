"""Workers on a workspace on object storage, one of them killed: the bytes are those of a run alone in a folder."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from small_run import WRITERS, write_recipe

from stores import Store, objects
from stores.address import location

ROOT = Path(__file__).resolve().parents[2]
RUN = [sys.executable, "-c", "from pipeline.cli.app import main; main()", "run"]


def contents(store: Store) -> dict[str, Any]:
    """Every artifact's manifest, which holds the SHA-256 of every part; `verify` compares it with the bytes there."""
    found = {}
    for artifact in store.artifacts():
        assert {problem.kind for problem in artifact.verify()} <= {"stray"}
        found[artifact.spec.fingerprint] = (artifact.spec, artifact.manifest, artifact.keys(), artifact.rejected())
    return found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The recipe, and what it leaves in a folder."""
    folder = tmp_path_factory.mktemp("alone")
    path = write_recipe(folder)
    content = yaml.safe_load(path.read_text())
    del content["modalities"]["video"]
    path.write_text(yaml.safe_dump(content))
    return path, run_in_folder(path)


def run_in_folder(recipe: Path) -> dict[str, Any]:
    """What a recipe leaves in a folder, with the one thread that a worker has."""
    done = subprocess.run(
        [*RUN, str(recipe)], cwd=ROOT, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    return contents(Store(recipe.parent / "workspace"))


def kill_a_worker(run: "subprocess.Popen[bytes]", workspace: str) -> bool:
    """As soon as the first features are published, kill the worker that computes most; whether there was one."""
    while run.poll() is None:
        if any("/features/" in str(path) and "/manifest" in str(path) for path in objects.below(location(workspace))):
            workers = [
                child for child in psutil.Process(run.pid).children() if "spawn_main" in " ".join(child.cmdline())
            ]
            if len(workers) >= 2:
                before = [sum(worker.cpu_times()[:2]) for worker in workers]
                time.sleep(0.3)
                spent = [sum(worker.cpu_times()[:2]) - start for worker, start in zip(workers, before, strict=True)]
                workers[spent.index(max(spent))].send_signal(signal.SIGKILL)
                return True
        time.sleep(0.05)
    return False


@pytest.mark.faults  # a minute each
@pytest.mark.timeout(900)
@pytest.mark.parametrize("workers", [("--processes", "2"), ("--dask", "local:2")], ids=lambda given: given[0][2:])
def test_the_artifacts_are_those_of_one_process_in_a_folder(
    alone: tuple[Path, dict[str, Any]], workers: tuple[str, str], s3: str, tmp_path: Path
) -> None:
    recipe, expected = alone
    with (tmp_path / "log").open("w+b") as log:
        command = [*RUN, str(recipe), "-w", s3, *workers]
        with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=log, stderr=log) as run:
            killed = kill_a_worker(run, s3)
            code = run.wait()
    assert code == 0 and killed, (tmp_path / "log").read_text()[-3000:]
    assert contents(Store(s3)) == expected
    assert objects.read(location(s3) / "runs/small/report.html").rstrip().endswith(b"</html>")


@pytest.mark.faults  # a minute
@pytest.mark.timeout(900)
@pytest.mark.parametrize("workers", [("--processes", "2"), ("--dask", "local:2")], ids=lambda given: given[0][2:])
@pytest.mark.parametrize("kind", ["few-shot", "events", "masks", "questions"])
def test_recipes_of_other_tasks_do_too(kind: str, workers: tuple[str, str], s3: str, tmp_path: Path) -> None:
    recipe = WRITERS[kind](tmp_path)
    expected = run_in_folder(recipe)
    done = subprocess.run([*RUN, str(recipe), "-w", s3, *workers], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert contents(Store(s3)) == expected
