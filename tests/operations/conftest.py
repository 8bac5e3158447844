"""Logs go back to what they were after each test."""

from collections.abc import Iterator

import pytest

from pipeline.operations.logs import start_logs


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    yield
    start_logs()
