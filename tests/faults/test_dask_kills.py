"""Law 5 on a cluster: workers killed in every stage, a scheduler killed, a client interrupted; the run ends in the same bytes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import yaml
from distributed import Client
from small_run import differences, outcome, write_recipe

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/runner"))

from clusters import cluster  # noqa: E402
from toy_work import SPEC, ToyWork, publish, tree  # noqa: E402

from pipeline.runner.dask.cluster import DaskCluster  # noqa: E402
from pipeline.runner.errors import RunnerError  # noqa: E402
from stores import Store, text_key  # noqa: E402
from stores.lock import is_held  # noqa: E402

RUN = [sys.executable, "-c", "from pipeline.cli.app import main; main()", "run"]


def small(folder: Path) -> Path:
    """The small recipe without videos, and with epochs enough to be killed among."""
    path = write_recipe(folder)
    content = yaml.safe_load(path.read_text())
    del content["modalities"]["video"]
    content["train"]["epochs"] = 30
    path.write_text(yaml.safe_dump(content))
    return path


def shards(workspace: Path, kind: str) -> int:
    """How many shards of a kind are published."""
    return sum(path.read_text().count('"sha256"') for path in workspace.glob(f"{kind}/*/manifest.json"))


class Killer:
    """Kills one worker in each stage, while it holds a unit of that stage: after something of the stage was published, if it can.

    A worker is stopped first, so the unit that the scheduler then still sees in its hands cannot be done when it is killed.
    """

    stages = (
        ("generate", "texts", 1),
        ("cache", "features", 1),
        ("train", "checkpoints", 2),
        ("evaluate", "evaluations", 0),
    )

    def __init__(self, address: str, workspace: Path):
        self.killed: dict[str, str] = {}
        self._address, self._workspace, self._over = address, workspace, threading.Event()
        self._thread = threading.Thread(target=self._kill_all, daemon=True)

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _kill_all(self) -> None:
        with Client(self._address, set_as_default=False) as client:
            for stage, kind, count in self.stages:
                while stage not in self.killed and not self._over.wait(0.002):
                    if shards(self._workspace, kind) >= count:
                        self._try(client, stage)

    def _try(self, client: Client, stage: str) -> None:
        """Kill whoever holds a unit of the stage, if he still does once he cannot move."""
        for worker, unit in held(client, stage):
            process = client.run(os.getpid, workers=[worker])[worker]
            os.kill(process, signal.SIGSTOP)
            time.sleep(0.2)  # what he had sent has come
            if (worker, unit) in held(client, stage):
                os.kill(process, signal.SIGKILL)
                self.killed[stage] = unit
                return
            os.kill(process, signal.SIGCONT)


def held(client: Client, stage: str) -> list[tuple[str, str]]:
    """Workers that have a unit of a stage in hand, and the unit that each began first."""
    found = client.processing().items()
    return [(worker, units[0]) for worker, units in found if units and units[0].startswith(stage)]


@pytest.mark.faults  # two runs and four workers, each killed once: a minute, on two cores that others use four
@pytest.mark.timeout(900)
def test_workers_killed_in_every_stage_cost_nothing(tmp_path: Path) -> None:
    recipe, workspace = small(tmp_path), tmp_path / "workspace"
    alone = subprocess.run([*RUN, str(recipe)], cwd=ROOT, capture_output=True, text=True)
    assert alone.returncode == 0, alone.stderr
    expected = outcome(workspace)
    shutil.rmtree(workspace)
    with cluster(tmp_path, 4) as dask, Killer(dask.address, workspace) as killer:
        command = [*RUN, str(recipe), "--dask", dask.address]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(killer.killed) == ["generate", "cache", "train", "evaluate"]
    assert re.match(r"cache \w+.*, shard \d", killer.killed["cache"])
    assert differences(outcome(workspace), expected) == []
    assert not list((workspace / ".locks").glob("*.lock")), "a lock was left behind"


def test_a_scheduler_that_is_killed_is_told_at_once_and_the_next_run_goes_on(tmp_path: Path) -> None:
    publish(tmp_path / "whole", ToyWork(), range(80))
    artifact = Store(tmp_path / "w").artifact(SPEC)
    with cluster(tmp_path, 1) as dask, DaskCluster(dask.address) as runner:
        killed: list[float] = []

        class Killing:
            def run_all(self, units):
                for number, made in runner.run_all(units):
                    if number == 3:
                        dask.scheduler.kill()
                        killed.append(time.monotonic())
                    yield number, made

        with pytest.raises(RunnerError, match="does not answer any more. What was published is safe; start it again"):
            publish(tmp_path / "w", ToyWork(seconds=0.05), range(80), Killing())
        assert time.monotonic() - killed[0] < 10
    stored = artifact.keys()
    assert stored == [text_key(str(row)) for row in range(len(stored))] and 16 <= len(stored) < 80
    # The worker was in the middle of a shard and may end it: nobody names that file, and the next writer removes it.
    assert {problem.kind for problem in artifact.verify()} <= {"stray"}
    with cluster(tmp_path, 1) as dask, DaskCluster(dask.address) as runner:
        publish(tmp_path / "w", ToyWork(), range(80), runner)
    assert tree(tmp_path / "w") == tree(tmp_path / "whole")


_CLIENT = """
import sys
from pathlib import Path
from toy_work import ToyWork, publish
from pipeline.runner.dask.cluster import DaskCluster
with DaskCluster(sys.argv[1]) as runner:
    publish(Path(sys.argv[2]), ToyWork(seconds=0.3), range(400), runner)
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_client_that_goes_leaves_no_lock_and_no_work(tmp_path: Path, how: signal.Signals) -> None:
    publish(tmp_path / "whole", ToyWork(), range(40))
    artifact = Store(tmp_path / "w").artifact(SPEC)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "tests/runner"]))}
    with cluster(tmp_path, 1) as dask:
        command = [sys.executable, "-c", _CLIENT, dask.address, str(tmp_path / "w")]
        client = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
        while shards(tmp_path / "w", "features") < 2 and client.poll() is None:
            time.sleep(0.01)
        client.send_signal(how)
        told = client.communicate(timeout=30)[1]
        assert told.count("\n") < 40 and (how == signal.SIGKILL or "KeyboardInterrupt" in told), told
        assert not is_held(tmp_path / "w" / ".locks" / f"{SPEC.fingerprint}.lock")
        began = time.monotonic()
        with DaskCluster(dask.address) as runner:  # the worker has noticed, and is free
            publish(tmp_path / "w", ToyWork(), range(40), runner)
        assert time.monotonic() - began < 20
    assert artifact.keys()[:40] == [text_key(str(row)) for row in range(40)]
    whole = tree(tmp_path / "whole")
    assert {name: data for name, data in tree(tmp_path / "w").items() if ".locks" not in name} == whole
