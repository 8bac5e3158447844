"""Few-shot recipes on a runner: inputs made by all workers, every method and seed by one of them, the same bytes in the store."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from deadly_unit import DeadlyUnit

from pipeline.recipe.envelope import with_absolute_paths
from pipeline.records import roots
from pipeline.runner.dask.cluster import DaskCluster
from pipeline.runner.processes import LocalProcesses
from pipeline.stages.whole import figures
from pipeline.stages.work import Job, done
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.work import unit_of
from pipeline.telemetry.progress import Progress
from stores import Store

SMALL = {"epochs": 2, "batch_size": 4}
CONTENT = {
    "name": "few",
    "encoder": "miniature-clip",
    "data": {"layout": "miniature-shapes", "train_per_class": 4, "test_per_class": 10},
    "shots": 2,
    "seeds": [1, 2],
    "views": 2,
    "methods": {
        "coop": SMALL,
        "prompt": {**SMALL, "depth": 3, "vision_prompts": 2},
        "late": {**SMALL, "method": "prompt", "depth": 2, "vision_prompts": 2, "late": True},
    },
    "cache": {"workers": 0, "shard_rows": 16},
}


def task_in(workspace: Path, **changes: object) -> BoundFewShot:
    return BoundFewShot(
        FewShotRecipe.model_validate({**CONTENT, "workspace": workspace, **changes}), "cpu", Progress.silent()
    )


def stored(workspace: Path) -> dict[str, bytes]:
    """Every artifact, and of the run's record all but how long it took."""
    left_out = {".locks", "history", "cache", "runs"}
    found = {
        str(path.relative_to(workspace)): path.read_bytes()
        for path in workspace.rglob("*")
        if path.is_file() and not left_out & set(path.relative_to(workspace).parts)
    }
    record = json.loads((workspace / "runs/few/run.json").read_text())
    return found | {"run.json": json.dumps({**record, "facts": {}, "checksum": ""}, sort_keys=True).encode()}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A run in this process, with the one thread that a worker has."""
    workspace, threads = tmp_path_factory.mktemp("alone"), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return figures(task_in(workspace)), stored(workspace)
    finally:
        torch.set_num_threads(threads)


def test_a_runner_makes_the_same_bytes(tmp_path, runner, alone):
    result, bytes_alone = alone
    said = []
    task = replace(task_in(tmp_path), runner=runner, progress=Telling(said))
    assert figures(task) == result
    assert stored(tmp_path) == bytes_alone
    assert [line.partition(":")[0] for line in said if "%" in line] == [
        "zero-shot", *(f"{name}, seed {seed}" for name in CONTENT["methods"] for seed in (1, 2)),
    ]  # fmt: skip
    assert Store(tmp_path).gc(roots(tmp_path)) == []
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "prompts").rglob("*")}
    assert figures(task) == result
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "prompts").rglob("*")} == before


class Telling(Progress):
    """Keeps what is said."""

    def __init__(self, said):
        super().__init__(None)
        self._said = said

    def say(self, line):
        self._said.append(line)


@pytest.mark.parametrize(
    "workers",
    [lambda: LocalProcesses(2, threads=1), lambda: DaskCluster("local:2")],
    ids=["processes", "dask"],
)
def test_a_worker_that_is_killed_while_it_learns_costs_nothing(tmp_path, alone, workers):
    """Killed with a checkpoint behind it; another goes on from there."""
    result, bytes_alone = alone
    with workers() as runner:

        class Killing:
            def run_all(self, units):
                if getattr(units[0], "act", None) != "learn":
                    return runner.run_all(units)
                return runner.run_all([DeadlyUnit(unit, tmp_path) for unit in units])

        assert figures(replace(task_in(tmp_path), runner=Killing())) == result
    assert (tmp_path / "killed").read_text().count("\n") == 1
    (tmp_path / "killed").unlink()
    assert stored(tmp_path) == bytes_alone


def test_an_image_that_cannot_be_decoded_stops_the_run_before_anything_is_learned(tmp_path, runner):
    task = task_in(tmp_path)
    bad = Path(task.judged("novel").rows[3].path)
    bad.write_bytes(bad.read_bytes()[:200])
    for elsewhere in (None, runner):
        with pytest.raises(FewShotError, match="1 of 160 images cannot be decoded"):
            figures(replace(task_in(tmp_path), runner=elsewhere))
    assert Store(tmp_path).artifacts("prompts") == []


def test_an_error_of_learning_is_told_as_here(tmp_path, runner):
    methods = {"coop": {"batch_size": 99}}
    for elsewhere in (None, runner):
        task = replace(task_in(tmp_path, methods=methods), runner=elsewhere)
        with pytest.raises(FewShotError, match="16 shots do not fill one batch of 99"):
            list(done(task, [Job("learn", replace(task, runner=None), unit_of(task, "coop", 1))], "learn"))


def test_paths_are_made_absolute_for_workers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = {"layout": "caltech101", "root": "data"}
    content = {**CONTENT, "data": data, "classes": "all", "judge_on": {"eurosat": None}, "workspace": "here"}
    recipe = FewShotRecipe.model_validate(content)
    found = with_absolute_paths(recipe)
    assert found.workspace == tmp_path / "here" and found.methods == recipe.methods
    assert found.data.root == found.judge_on["eurosat"].root == tmp_path / "data"
