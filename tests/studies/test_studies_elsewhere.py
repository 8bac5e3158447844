"""A study whose work is done by workers has the figures of one that is done here."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.progress import Progress
from pipeline.runner.base import R, Unit
from pipeline.studies.few_shot.run import run_few_shot_study
from pipeline.studies.load import load_few_shot_study, load_study
from pipeline.studies.places import Places
from pipeline.studies.run import run_study
from pipeline.studies.settings import Settings


class Packed:
    """Does units in this process as a worker would: unpickled, with nothing but what travelled."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def run_all(self, units: Sequence[Unit[R]]) -> Iterator[tuple[int, R]]:
        for number, unit in enumerate(units):
            self.names.append(unit.name)
            yield number, pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(unit)).run(Progress.silent())))

    def run(self, unit: Unit[R], progress: Progress) -> R:
        ((_, found),) = self.run_all([unit])
        return found


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("name", "load", "run", "some"),
    [
        ("prompt-table5", load_few_shot_study, run_few_shot_study, "without-filter with seed 1"),
        ("taam-cpt-table6", load_study, run_study, "train of 'taam-cpt-table6-1'"),
    ],
)
def test_figures_are_those_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, load: Any, run: Any, some: str
) -> None:
    monkeypatch.chdir(tmp_path)
    runner, found = Packed(), []
    for place, elsewhere in (("here", None), ("there", runner)):
        settings = Settings(Places(workspace=Path(place)), miniature=True, device="cpu")
        found.append(list(run(name, load(name), replace(settings, runner=elsewhere), Progress.silent())))
    assert found[0] == found[1] and not any(row.problem for row in found[0])
    assert any(some in unit for unit in runner.names) and any("shard 1" in unit for unit in runner.names)
