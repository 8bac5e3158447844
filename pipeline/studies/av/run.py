"""Running a study of clips with two frozen towers: one recipe a row, in one workspace, so that what rows share is made once."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.stages.whole import figures
from pipeline.studies.av.measures import Measured
from pipeline.studies.av.schema import AvRow, AvStudy
from pipeline.studies.av.stand_in import stand_in
from pipeline.studies.base import Kind, RowResult, StudyError, bound_to, one_by_one
from pipeline.studies.method_figure import MethodFigure
from pipeline.studies.settings import Settings
from pipeline.tasks.load import recipe_text
from pipeline.telemetry.progress import Progress

if TYPE_CHECKING:
    from rich.table import Table


class AvStudies(Kind[AvStudy]):
    """Recipes of clips with two frozen towers, of events, masks and questions alike, and the paper's figures."""

    folder, shape = "copl", AvStudy

    def rows(self, study: AvStudy) -> Sequence[str]:
        """See `Kind`."""
        return [row.name for row in study.rows]

    def content(self, name: str, number: int, study: AvStudy, settings: Settings) -> dict[str, Any]:
        """See `Kind`."""
        return av_content(name, number, study, settings)

    def run(self, name: str, study: AvStudy, settings: Settings, progress: Progress) -> Iterator[RowResult]:
        """See `Kind`."""

        def one(number: int) -> Measured:
            bound = bound_to(av_content(name, number, study, settings), settings, progress)
            return Measured(bound, figures(bound))

        tried = one_by_one(name, "recipe", self.rows(study), progress, one)
        for row, (called, found, problem) in zip(study.rows, tried, strict=True):
            yield RowResult(called, _figures(row, found), problem)

    def table(self, title: str, rows: Sequence[RowResult], compared: bool = True) -> "Table":
        """See `Kind`."""
        from pipeline.studies.method_table import method_study_table

        return method_study_table(title, rows)


AV_STUDIES = AvStudies()


def av_content(name: str, number: int, study: AvStudy, settings: Settings) -> dict[str, Any]:
    """The recipe of a row, counted from 1, as plain content that can be written down; not checked yet.

    Raises:
        StudyError: a preset is asked for.
    """
    if settings.preset:
        raise StudyError(f"--preset is of TaAM-CPT; study '{name}' has none. Leave it out")
    row = study.rows[number - 1]
    content = {**yaml.safe_load(recipe_text(f"copl/{row.copl}")), **row.change}
    content = stand_in(content) if settings.miniature else settings.places.put(content)
    return {**content, "name": f"{name}-{number}", "workspace": str(settings.places.workspace)}


def _figures(row: AvRow, found: Measured | None) -> tuple[MethodFigure, ...]:
    """Every figure of the paper, ours beside; then what it prints of methods that are not here."""
    told = (
        MethodFigure(method, measure, found.of(method, measure) if found else None, paper)
        for method, values in row.paper.items()
        for measure, paper in values.items()
    )
    others = (
        MethodFigure(who, what, None, paper) for who, values in row.others.items() for what, paper in values.items()
    )
    return (*told, *others)
