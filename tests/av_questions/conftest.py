"""A recipe of few clips with questions that has run once."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "clips")]

import pytest  # noqa: E402
from failing_clips import failing  # noqa: E402, F401
from finished_clips import call, finished, outcome, ran  # noqa: E402, F401
from question_runs import content_of, opened  # noqa: E402

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
