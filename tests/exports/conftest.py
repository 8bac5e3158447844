"""What tests of exports share."""

import sys
from collections.abc import Callable

import pytest

from pipeline.cli.app import main


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """(exit code, all that is said) of the program."""

    def called(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), "".join(capsys.readouterr())

    return called
