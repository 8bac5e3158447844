"""A disk that fails for a moment, at every look that is taken at ten media files; see passing_fault.py."""

from collections.abc import Callable

import pytest


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1])
def test_no_fault_of_the_machine_becomes_a_verdict(fail_every: Callable[..., str], workers: int) -> None:
    assert fail_every("passing_fault.py", "work/media", workers, 61 + workers).startswith("OK: ")


@pytest.mark.faults  # minutes: some four hundred looks
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workers", [0, 1])
def test_none_of_all_looks(fail_every: Callable[..., str], workers: int) -> None:
    assert fail_every("passing_fault.py", "work/media", workers, 3).startswith("OK: ")
