"""Running a study of clips by any names: one recipe a row, in one workspace, so that what rows share is made once."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.stages.whole import figures
from pipeline.studies.base import Kind, RowResult, StudyError, bound_to, one_by_one
from pipeline.studies.method_figure import MethodFigure
from pipeline.studies.open_video.schema import OpenVideoStudy, VideoRow
from pipeline.studies.open_video.stand_in import stand_in, write_judged
from pipeline.studies.settings import Settings
from pipeline.tasks.load import recipe_text
from pipeline.telemetry.progress import Progress
from stores.address import local_side

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.tasks.open_video.figures import MethodFigures
    from pipeline.tasks.open_video.result import OpenVideoResult


class OpenVideoStudies(Kind[OpenVideoStudy]):
    """Recipes of clips by any names, and the paper's figures."""

    folder, shape = "mov", OpenVideoStudy

    def rows(self, study: OpenVideoStudy) -> Sequence[str]:
        """See `Kind`."""
        return [row.name for row in study.rows]

    def content(self, name: str, number: int, study: OpenVideoStudy, settings: Settings) -> dict[str, Any]:
        """See `Kind`."""
        return video_content(name, number, study, settings)

    def run(self, name: str, study: OpenVideoStudy, settings: Settings, progress: Progress) -> Iterator[RowResult]:
        """See `Kind`."""

        def one(number: int) -> "OpenVideoResult":
            content = video_content(name, number, study, settings)
            if settings.miniature:
                write_judged(_shipped(study.rows[number - 1]), _folder(settings))
            result: OpenVideoResult = figures(bound_to(content, settings, progress))
            return result

        tried = one_by_one(name, "recipe", self.rows(study), progress, one)
        for row, (called, found, problem) in zip(study.rows, tried, strict=True):
            yield RowResult(called, _figures(row, found), problem)

    def table(self, title: str, rows: Sequence[RowResult], compared: bool = True) -> "Table":
        """See `Kind`."""
        from pipeline.studies.method_table import method_study_table

        return method_study_table(title, rows)


OPEN_VIDEO_STUDIES = OpenVideoStudies()


def video_content(name: str, number: int, study: OpenVideoStudy, settings: Settings) -> dict[str, Any]:
    """The recipe of a row, counted from 1, as plain content that can be written down; not checked yet.

    Raises:
        StudyError: a preset is asked for.
    """
    if settings.preset:
        raise StudyError(f"--preset is of TaAM-CPT; study '{name}' has none. Leave it out")
    content = _shipped(study.rows[number - 1])
    content = stand_in(content, _folder(settings)) if settings.miniature else settings.places.put(content)
    return {**content, "name": f"{name}-{number}", "workspace": str(settings.places.workspace)}


def _shipped(row: VideoRow) -> dict[str, Any]:
    return {**yaml.safe_load(recipe_text(f"mov/{row.open_video}")), **row.change}


def _folder(settings: Settings) -> Path:
    return local_side(settings.places.workspace)


def _figures(row: VideoRow, found: "OpenVideoResult | None") -> tuple[MethodFigure, ...]:
    """Every figure of the paper, ours beside; then methods of the run that the paper's row has not, by the same measures."""
    told = [
        MethodFigure(method, measure, _ours(found, method, measure), paper)
        for method, figures in row.paper.items()
        for measure, paper in figures.items()
    ]
    measures = dict.fromkeys(measure for figures in row.paper.values() for measure in figures)
    named = {method.partition(": ")[0] for method in row.paper}
    more = [each.name for each in found.methods if each.name not in named] if found else []
    return (*told, *(MethodFigure(name, what, _ours(found, name, what), None) for name in more for what in measures))


def _ours(found: "OpenVideoResult | None", method: str, measure: str) -> float | None:
    name, _, who = method.partition(": ")
    each: MethodFigures | None = next((m for m in found.methods if m.name == name), None) if found else None
    if each is None:
        return None
    if who:
        return _percent(each.diagnostics.get(who, {}), measure)
    values = {what: figure.value for what, figure in {**each.elsewhere, **each.figures}.items()}
    return _percent(values, measure)


def _percent(values: Mapping[str, float], measure: str) -> float | None:
    return 100 * values[measure] if measure in values else None
