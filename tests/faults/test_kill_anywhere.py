"""Law 5, over all stages: kill a run anywhere, run it again, and it ends in the same bytes. The long form is soak.py."""

import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).with_name("soak.py")


def test_a_dozen_kills_end_in_the_same_bytes() -> None:
    command = [sys.executable, str(SOAK), "--kills", "12", "--seed", "12", "--minutes", "4"]
    done = subprocess.run(command, cwd=SOAK.parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "OK: 12 kills" in done.stdout
