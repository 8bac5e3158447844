"""Two processes that run one recipe at the same time share the work and end in the bytes of one run alone; see two_runs.py."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("two_runs.py")


@pytest.mark.slow  # half a minute
@pytest.mark.parametrize(("recipe", "tries"), [("sentences", 4), ("few-shot", 2)])
def test_pairs_of_runs_do_everything_once_and_end_in_the_same_bytes(recipe: str, tries: int) -> None:
    command = [sys.executable, str(SCRIPT), "--tries", str(tries), "--seed", "4", "--recipe", recipe]
    done = subprocess.run(command, cwd=SCRIPT.parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"OK: {tries} pairs" in done.stdout
