import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests/runner")]


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
