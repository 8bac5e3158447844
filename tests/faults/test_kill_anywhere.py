"""Law 5, over all stages and commands: kill one anywhere, do it again, and it ends in the same bytes. The long forms are
soak.py and storm.py.
"""

import subprocess
import sys
from pathlib import Path

import pytest

SOAK, STORM = (Path(__file__).with_name(name) for name in ("soak.py", "storm.py"))


@pytest.mark.parametrize(("recipe", "kills"), [("sentences", 12), ("few-shot", 6), ("events", 2), ("masks", 2), ("questions", 2)])
def test_some_kills_end_in_the_same_bytes(recipe: str, kills: int) -> None:
    command = [sys.executable, str(SOAK), "--kills", str(kills), "--seed", "12", "--recipe", recipe, "--minutes", "4"]
    done = subprocess.run(command, cwd=SOAK.parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"OK: {kills} kills" in done.stdout


@pytest.mark.parametrize(("recipe", "kills"), [("sentences", 7), ("few-shot", 3)])
def test_every_command_that_changes_a_workspace_may_be_killed(recipe: str, kills: int) -> None:
    counts = ["--kills", str(kills), "--each", "1" if recipe == "sentences" else "0", "--a-round", "1"]
    command = [sys.executable, str(STORM), *counts, "--seed", "12", "--minutes", "4", "--recipe", recipe]
    done = subprocess.run(command, cwd=STORM.parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OK: " in done.stdout and "kills, all bytes equal" in done.stdout
