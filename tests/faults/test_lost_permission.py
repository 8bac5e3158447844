"""A workspace that may no longer be written into; see lost_permission.py."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("lost_permission.py")


@pytest.mark.faults  # half a minute: sixteen commands
@pytest.mark.skipif(sys.platform != "linux", reason="root gives up its capabilities, which only Linux has")
def test_every_stage_tells_that_it_may_not_write_and_goes_on_when_it_may() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], cwd=SCRIPT.parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "OK: refused twice in each of 5 stages\n"
