"""What a table of a paper is, of whichever task: rows that are run one after the other, and figures beside the paper's."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pipeline.recipe.envelope import with_absolute_paths
from pipeline.studies.settings import Settings
from pipeline.tasks.load import check_recipe
from pipeline.tasks.registry import task_of
from pipeline.telemetry.progress import Progress
from stores.errors import MmptError

if TYPE_CHECKING:
    from rich.table import Table

S = TypeVar("S")
Found = TypeVar("Found")


class StudyError(MmptError):
    """A study is not there, or cannot be run as asked."""


@dataclass(frozen=True)
class RowResult:
    """What came of a row.

    Attributes:
        name: the row's.
        figures: each has `ours` and the `paper`'s, percent; None where there is none.
        problem: why nothing was measured; else empty.
    """

    name: str
    figures: tuple[Any, ...]
    problem: str = ""


class Kind(ABC, Generic[S]):
    """The studies of one task.

    Attributes:
        folder: where their files ship, below `pipeline/recipes/papers`.
        shape: of such a file.
    """

    folder: ClassVar[str]
    shape: ClassVar[type[Any]]

    @abstractmethod
    def rows(self, study: S) -> Sequence[str]:
        """What is run, one recipe each."""

    @abstractmethod
    def content(self, name: str, number: int, study: S, settings: Settings) -> dict[str, Any]:
        """The recipe of a row, counted from 1, as plain content that can be written down; not checked yet.

        Raises:
            StudyError: the settings have something that the study does not.
        """

    @abstractmethod
    def run(self, name: str, study: S, settings: Settings, progress: Progress) -> Iterator[RowResult]:
        """Run the rows one after the other, in one workspace; one that lacks its data or weights does not stop the others."""

    @abstractmethod
    def table(self, title: str, rows: Sequence[RowResult], compared: bool) -> "Table":
        """Ours beside the paper's, for people."""


def bound_to(content: Mapping[str, Any], settings: Settings, progress: Progress) -> Any:
    """The checked recipe of a row, bound to its workspace, and to a runner where one was asked for."""
    recipe = check_recipe(content, where=f"recipe '{content['name']}'", base=Path())
    recipe = recipe if settings.runner is None else with_absolute_paths(recipe)
    return task_of(recipe).bound(recipe, settings.device, progress, runner=settings.runner)


def one_by_one(
    name: str, what: str, rows: Sequence[str], progress: Progress, run: Callable[[int], Found]
) -> Iterator[tuple[str, Found | None, str]]:
    """Run rows, counted from 1; yields each one's name, with what it came to, or with why it was left out."""
    for number, row in enumerate(rows, start=1):
        progress.say(f"{name}, {what} {number} of {len(rows)}: {row}")
        try:
            yield row, run(number), ""
        except MmptError as error:
            progress.say(f"{what} {number} was left out: {error}")
            yield row, None, str(error)


def study_values(name: str, title: str, rows: Sequence[RowResult], compared: bool = True) -> dict[str, Any]:
    """Every figure of every row; the difference only where the two may be compared."""
    return {
        "study": name,
        "title": title,
        "rows": [
            {
                "name": row.name,
                "problem": row.problem or None,
                "figures": [{**vars(f), "difference": difference(f) if compared else None} for f in row.figures],
            }
            for row in rows
        ],
    }


def difference(figure: Any) -> float | None:
    """Ours less the paper's; None where one of them lacks."""
    return None if figure.ours is None or figure.paper is None else figure.ours - figure.paper
