"""`--processes` and `--dask`: what is refused, in words, and how a stage runs elsewhere."""

import gc
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from clusters import cluster

from pipeline.recipe.envelope import with_absolute_paths
from pipeline.runner.choose import open_runner
from pipeline.runner.dask import connect
from pipeline.runner.dask.cluster import DaskCluster
from pipeline.runner.errors import RunnerError
from pipeline.stages.evaluate import evaluate
from pipeline.stages.generate import generate
from pipeline.stages.train import train
from pipeline.stages.work import Job
from pipeline.tasks.sentences.errors import TrainError
from pipeline.telemetry.progress import Progress

ROOT = Path(__file__).parents[2]


class Recording:
    """A runner that does stages here and keeps what was asked of it."""

    def __init__(self):
        self.units = []

    def run(self, unit, progress):
        self.units.append(unit)
        return unit.run(progress)

    def run_all(self, units):
        for number, unit in enumerate(units):
            yield number, self.run(unit, Progress.silent())


@pytest.mark.parametrize(
    ("processes", "dask", "told"),
    [
        (2, "local:2", "--processes 2 and --dask local:2 were both given"),
        (None, "local:0", "--dask 'local:0' is no scheduler's address. Type tcp://HOST:PORT"),
        (None, "somewhere:8786", "is no scheduler's address"),
        (None, "nonsense://host:1", "no Dask scheduler answers at nonsense://host:1"),
    ],
)
def test_what_cannot_be_is_refused(processes, dask, told):
    with pytest.raises(RunnerError, match=told), open_runner(processes, dask):
        pass


def test_a_client_that_cannot_connect_is_closed(monkeypatch):
    gc.collect()  # those of other tests
    found = []
    monkeypatch.setattr(connect._Client, "__del__", lambda client: found.append(client.status), raising=False)
    with pytest.raises(RunnerError), open_runner(None, "nonsense://host:1"):
        pass
    gc.collect()
    assert found == ["closed"]


def test_where_nobody_listens_it_is_told_and_how_to_start_one(monkeypatch):
    monkeypatch.setattr("pipeline.runner.dask.connect._SECONDS_TO_CONNECT", 1)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{found.getsockname()[1]}"
    with pytest.raises(RunnerError, match=f"no Dask scheduler answers at {address} .* Start one with: dask scheduler"):
        DaskCluster(address)


def test_a_cluster_without_workers_or_without_gpus_is_told(tmp_path, open_context):
    with cluster(tmp_path, 0) as dask:
        with pytest.raises(RunnerError, match=f"has no workers. Start some: dask worker {dask.address} --nthreads 1"):
            DaskCluster(dask.address)
        dask.workers.append(dask.start_worker())
        while True:
            try:
                runner = DaskCluster(dask.address)
                break
            except RunnerError:
                continue
        unit = Job("prepare", replace(open_context(), device="cuda"))
        with runner, pytest.raises(RunnerError, match="no worker of tcp.* offers a GPU.*--resources GPU=1"):
            list(runner.run_all([unit]))


def test_stages_are_handed_to_the_runner_and_do_there_what_they_do_here(open_context, finished, tree, tmp_path):
    runner = Recording()
    context = open_context(workspace=finished)
    elsewhere = type(context)(context.recipe, "cpu", context.progress, runner=runner)
    before = tree(finished)
    assert [stage(elsewhere) == stage(context) for stage in (generate, train, evaluate)] == [True] * 3
    assert [(unit.name, unit.device) for unit in runner.units] == [
        ("generate of 'small'", "cpu"),
    ]  # fmt: skip
    assert tree(finished) == before


def test_an_error_of_a_stage_is_the_stage_s_own(open_context, tmp_path):
    context = open_context(workspace=tmp_path / "empty")
    with pytest.raises(TrainError, match="there is no sentence to learn from"):
        train(type(context)(context.recipe, "cpu", context.progress, runner=Recording()))


def test_paths_are_made_absolute_for_workers(open_context, monkeypatch, tmp_path):
    recipe = open_context().recipe
    monkeypatch.chdir(tmp_path)
    relative = recipe.model_copy(update={"workspace": Path("here")})
    found = with_absolute_paths(relative)
    assert found.workspace == tmp_path / "here"
    assert found.model_copy(update={"workspace": Path("here")}) == relative


def test_the_command_says_what_is_wrong_and_leaves_with_2(tmp_path):
    command = [
        sys.executable,
        "-c",
        "from pipeline.cli.app import main; main()",
        "run",
        "miniature",
        "--dask",
        "nowhere",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 2 and done.stderr.startswith("error: --dask 'nowhere' is no scheduler's address")
    assert not list(tmp_path.iterdir())
