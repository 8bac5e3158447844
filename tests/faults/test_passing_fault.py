"""A disk that fails for a moment, at every look that is taken at ten media files; see passing_fault.py."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("passing_fault.py")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What makes a look fail."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("looks at a folder fail by a small library, which needs Linux and a C compiler")
    made = tmp_path_factory.mktemp("fault") / "passing_fault.so"
    subprocess.run([compiler, "-O", "-shared", "-fPIC", "-o", made, SCRIPT.with_suffix(".c"), "-ldl"], check=True)
    return made


def fail_every(step: int, workers: int, library: Path, folder: Path) -> str:
    control = folder / "control"
    control.write_bytes(bytes(24))
    env = os.environ | {
        "LD_PRELOAD": str(library),
        "MMPT_FAULT_UNDER": str(folder / "media"),
        "MMPT_FAULT_CONTROL": str(control),
    }
    command = [sys.executable, str(SCRIPT), str(folder), str(workers), str(step)]
    done = subprocess.run(command, cwd=SCRIPT.parents[2], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1])
def test_no_fault_of_the_machine_becomes_a_verdict(tmp_path: Path, library: Path, workers: int) -> None:
    assert fail_every(43 + workers, workers, library, tmp_path).startswith("OK: ")


@pytest.mark.faults  # minutes: some three hundred looks
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workers", [0, 1])
def test_none_of_all_looks(tmp_path: Path, library: Path, workers: int) -> None:
    assert fail_every(1, workers, library, tmp_path).startswith("OK: ")
