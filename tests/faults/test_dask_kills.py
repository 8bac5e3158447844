"""Law 5 on a cluster: workers killed in every stage, a scheduler killed, a client interrupted; the run ends in the same bytes."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from small_run import differences, outcome, write_recipe

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/runner"))

from clusters import cluster  # noqa: E402
from toy_work import SPEC, ToyWork, publish, tree  # noqa: E402

from pipeline.runner.dask_cluster import DaskCluster  # noqa: E402
from pipeline.runner.errors import RunnerError  # noqa: E402
from stores import Store, text_key  # noqa: E402
from stores.lock import is_held  # noqa: E402

RUN = [sys.executable, "-c", "from pipeline.cli.app import main; main()", "run"]
WORKING = re.compile(r"(\w+) of 'small' runs on \S+, in worker (tcp://\S+)")


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


def process_of(address: str) -> int:
    """The worker that listens there."""
    from distributed import Client

    with Client(address[0], set_as_default=False) as client:
        return client.run(os.getpid, workers=[address[1]])[address[1]]


def kill_in_every_stage(run: subprocess.Popen, scheduler: str, workspace: Path) -> list[str]:
    """Kill the worker of each stage once: after something of it was published; of evaluate at its first moment."""
    killed: list[str] = []
    published = {"generate": ("texts", 1), "train": ("checkpoints", 2), "evaluate": ("evaluations", 0)}
    lines: list[str] = []
    assert run.stderr is not None
    for line in run.stderr:
        lines.append(line)
        found = WORKING.match(line)
        if found is None or found[1] in killed:
            continue
        stage, worker = found[1], process_of((scheduler, found[2]))
        kind, count = published[stage]
        while shards(workspace, kind) < count and run.poll() is None:
            time.sleep(0.002)
        os.kill(worker, signal.SIGKILL)
        killed.append(stage)
        if stage == "generate":  # its next line is cache's first: whoever has begun there is killed, too
            killed.append(_kill_in_cache(scheduler, workspace, run))
    assert run.wait() == 0, "".join(lines)
    return killed


def _kill_in_cache(scheduler: str, workspace: Path, run: subprocess.Popen) -> str:
    from threading import Thread

    from distributed import Client

    def kill() -> None:
        with Client(scheduler, set_as_default=False) as client:
            while not list(workspace.glob("features/*/shards")) and run.poll() is None:
                time.sleep(0.002)
            for worker in list(client.run(os.getpid).values())[:1]:
                os.kill(worker, signal.SIGKILL)

    Thread(target=kill, daemon=True).start()
    return "cache"


@pytest.mark.slow
def test_workers_killed_in_every_stage_cost_nothing(tmp_path: Path) -> None:
    recipe, workspace = small(tmp_path), tmp_path / "workspace"
    alone = subprocess.run([*RUN, str(recipe)], cwd=ROOT, capture_output=True, text=True)
    assert alone.returncode == 0, alone.stderr
    expected = outcome(workspace)
    shutil.rmtree(workspace)
    with cluster(tmp_path, 2) as dask:
        command = [*RUN, str(recipe), "--dask", dask.address]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as run:
            killed = kill_in_every_stage(run, dask.address, workspace)
    assert killed == ["generate", "cache", "train", "evaluate"]
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
from pipeline.runner.dask_cluster import DaskCluster
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
