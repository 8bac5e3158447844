"""A study whose work is done by workers has the figures of one that is done here."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.studies.load import kind_of, load_study
from pipeline.studies.settings import Places, Settings
from pipeline.telemetry.progress import Progress


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("name", "some"),
    [
        ("prompt-table4", "one-iteration with seed 1"),
        ("taam-cpt-table2", "train of 'taam-cpt-table2-1'"),
    ],
)
def test_figures_are_those_of_this_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed_runner: Any, name: str, some: str
) -> None:
    monkeypatch.chdir(tmp_path)
    found = []
    for place, elsewhere in (("here", None), ("there", packed_runner)):
        settings = Settings(Places(workspace=Path(place)), miniature=True, device="cpu")
        found.append(
            list(kind_of(name).run(name, load_study(name), replace(settings, runner=elsewhere), Progress.silent()))
        )
    assert found[0] == found[1] and not any(row.problem for row in found[0])
    assert any(some in unit for unit in packed_runner.names) and any("shard 1" in unit for unit in packed_runner.names)
