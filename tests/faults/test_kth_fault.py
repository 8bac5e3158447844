"""The k-th call, or request, fails: no traceback, no hang, no other bytes, no row and no healthy shard that goes.

A sample of calls here; `make faults` tries many more, and prints how many.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COMMANDS = ["cache-features, workers 0", "cache-features, workers 1", "train", "evaluate", "report"]


def fail_requests(folder: Path, step: int) -> str:
    """Do the scripts on object storage; what was printed."""
    here = Path(__file__).parent
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (here.parents[1], here)))}
    command = [sys.executable, str(here / "kth_s3.py"), str(folder), str(step)]
    done = subprocess.run(command, cwd=here.parents[1], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout)
    return done.stdout


@pytest.mark.slow
def test_calls_on_a_workspace(fail_every: Callable[..., str]) -> None:
    assert fail_every("kth_fault.py", "work/workspace", 37).endswith("OK\n")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_calls_of_commands(fail_every: Callable[..., str]) -> None:
    assert fail_every("kth_command.py", "work", 700).endswith("OK\n")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_requests_to_object_storage(tmp_path: Path) -> None:
    assert fail_requests(tmp_path, 130).endswith("OK\n")


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_all_calls_on_a_workspace(fail_every: Callable[..., str]) -> None:
    assert fail_every("kth_fault.py", "work/workspace", 1).endswith("OK\n")


@pytest.mark.faults  # ten minutes to half an hour each, every eighth of some fifteen hundred calls
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("command", COMMANDS)
def test_many_calls_of_commands(fail_every: Callable[..., str], command: str) -> None:
    assert fail_every("kth_command.py", "work", 8, command).endswith("OK\n")


@pytest.mark.faults  # ten minutes
@pytest.mark.timeout(7200)
def test_many_requests_to_object_storage(tmp_path: Path) -> None:
    assert fail_requests(tmp_path, 3).endswith("OK\n")
