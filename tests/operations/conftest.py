"""Logs go back to what they were after each test; the program, called in this process."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest  # noqa: E402

from pipeline.cli.app import main  # noqa: E402
from pipeline.telemetry.logs import start_logs  # noqa: E402


@pytest.fixture(autouse=True)
def _plain_logs() -> Iterator[None]:
    yield
    start_logs()


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """(exit code, standard output) of the program."""

    def called(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), capsys.readouterr().out

    return called
