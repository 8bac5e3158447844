"""Logs go back to what they were, and a net that catches what a test lets out of its folder."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.telemetry.logs import start_logs

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    yield
    start_logs()


@pytest.fixture
def cage(tmp_path: Path) -> Iterator[Path]:
    """A folder three levels down; afterwards nothing may lie beside it."""
    inner = tmp_path / "outer" / "middle" / "inner"
    inner.mkdir(parents=True)
    yield inner
    found = {path for path in (tmp_path / "outer").rglob("*") if inner not in path.parents and path != inner}
    assert found == {inner.parent}, f"escaped: {found}"
