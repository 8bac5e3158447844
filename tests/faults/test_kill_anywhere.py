"""Law 5, over all stages: kill a run anywhere, run it again, and it ends in the same bytes. The long form is soak.py."""

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).with_name("soak.py")


@pytest.mark.parametrize(("recipe", "kills"), [("sentences", 12), ("few-shot", 6)])
def test_some_kills_end_in_the_same_bytes(recipe: str, kills: int) -> None:
    command = [sys.executable, str(SOAK), "--kills", str(kills), "--seed", "12", "--recipe", recipe, "--minutes", "4"]
    done = subprocess.run(command, cwd=SOAK.parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"OK: {kills} kills" in done.stdout
