import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests/runner")]


@pytest.fixture(scope="session")
def kth_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What makes a call fail, to be preloaded; see kth_fault.c."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("calls fail by a small library, which needs Linux and a C compiler")
    made = tmp_path_factory.mktemp("kth") / "kth_fault.so"
    source = Path(__file__).with_name("kth_fault.c")
    subprocess.run([compiler, "-O", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    return made


@pytest.fixture
def fail_every(kth_library: Path) -> Iterator[Callable[..., str]]:
    """Do a script of this folder of which calls on files below `under` fail; what it printed."""
    # A short name: processes that decode meet at a socket in TMPDIR, whose name may not be longer than the system allows.
    short = Path(tempfile.mkdtemp(prefix="mmpt"))

    def do(script: str, under: str, *arguments: object) -> str:
        control = short / "control"
        control.write_bytes(bytes(256))
        (short / "work" / "tmp").mkdir(parents=True)
        env = os.environ | {
            "LD_PRELOAD": str(kth_library),
            "MMPT_KTH_UNDER": str(short / under),
            "MMPT_KTH_CONTROL": str(control),
            "TMPDIR": str(short / "work" / "tmp"),
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT, Path(__file__).parent))),
        }
        command = [sys.executable, str(Path(__file__).with_name(script)), str(short / "work"), *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        print(done.stdout)
        return done.stdout

    yield do
    shutil.rmtree(short, ignore_errors=True)


@pytest.fixture
def start_in() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start a Python process that runs a script text with arguments, in an environment; it ends with the test."""
    running: list[subprocess.Popen[str]] = []

    def start(env: dict[str, str], script: str, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", script, *map(str, arguments)]
        running.append(subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()
