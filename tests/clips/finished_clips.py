"""What tests of every task of clips share: the run that their conftest has made once as `_first`, and the program."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.cli.app import main
from pipeline.stages.whole import Outcome


@pytest.fixture
def outcome(_first: tuple[Path, Outcome]) -> Outcome:
    """What the first run ended with."""
    return _first[1]


@pytest.fixture(scope="session")
def ran(_first: tuple[Path, Outcome]) -> Path:
    """The folder with `recipe.yaml` and the workspace in which it has run; to be looked at, and not changed."""
    return _first[0]


@pytest.fixture
def finished(ran: Path, tmp_path: Path) -> Path:
    """This test's own copy of it."""
    return Path(shutil.copytree(ran, tmp_path / "copy", copy_function=shutil.copy2))


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """(exit code, standard output, standard error) of the program."""

    def called(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mmpt-pipeline", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        return int(left.value.code or 0), *capsys.readouterr()

    return called
