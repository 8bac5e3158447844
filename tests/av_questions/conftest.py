"""A recipe of few clips with questions that has run once."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest  # noqa: E402
from question_runs import content_of, opened  # noqa: E402

from pipeline.cli.app import main  # noqa: E402
from pipeline.stages.whole import Outcome, run_recipe  # noqa: E402
from pipeline.tasks.av_questions.bound import BoundAvQuestions  # noqa: E402


@pytest.fixture
def open_questions(tmp_path: Path) -> Callable[..., BoundAvQuestions]:
    """Bind the recipe, changed as asked, to this test's workspace."""
    return lambda **changes: opened(tmp_path, content_of(**changes))


@pytest.fixture(scope="session")
def _first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    folder = tmp_path_factory.mktemp("first")
    return folder, run_recipe(opened(folder, content_of()))


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
