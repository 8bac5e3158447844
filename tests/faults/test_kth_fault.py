"""The k-th call on a workspace fails, in scripts that publish, verify, repair and clean up; see kth_fault.py."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("kth_fault.py")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What makes a call fail."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("calls fail by a small library, which needs Linux and a C compiler")
    made = tmp_path_factory.mktemp("kth") / "kth_fault.so"
    subprocess.run([compiler, "-O", "-shared", "-fPIC", "-o", made, SCRIPT.with_suffix(".c"), "-ldl"], check=True)
    return made


def fail_every(step: int, library: Path, folder: Path) -> str:
    env = os.environ | {"LD_PRELOAD": str(library), "MMPT_KTH_UNDER": str(folder / "workspace")}
    command = [sys.executable, str(SCRIPT), str(folder), str(step)]
    done = subprocess.run(command, cwd=SCRIPT.parents[2], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_no_failing_call_ends_in_a_traceback_or_in_other_bytes(tmp_path: Path, library: Path) -> None:
    assert fail_every(9, library, tmp_path).startswith("OK: publish ")


@pytest.mark.faults  # some nine hundred calls
@pytest.mark.timeout(7200)
def test_none_of_all_calls(tmp_path: Path, library: Path) -> None:
    assert fail_every(1, library, tmp_path).startswith("OK: publish ")
