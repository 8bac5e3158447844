"""Tables of papers that learn from sentences: one recipe a row, in one workspace, so that rows share texts and features."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.evaluation import EvaluationResult
from pipeline.stages.whole import figures
from pipeline.studies.base import Kind, RowResult, bound_to, one_by_one
from pipeline.studies.sentences.changes import merged, with_only, with_preset
from pipeline.studies.sentences.figures import Figure, row_figures
from pipeline.studies.sentences.parts import OldClasses, judge_parts
from pipeline.studies.sentences.schema import Row, Run, Study
from pipeline.studies.sentences.stand_in import stand_in, write_external_scores
from pipeline.studies.settings import Settings
from pipeline.tasks.load import recipe_text
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.telemetry.progress import Progress

if TYPE_CHECKING:
    from rich.table import Table


class SentencesStudies(Kind[Study]):
    """A recipe, the changes that make its rows, and the paper's figures."""

    folder, shape = "", Study

    def rows(self, study: Study) -> Sequence[str]:
        """See `Kind`."""
        return [row.name for row in study.rows]

    def content(self, name: str, number: int, study: Study, settings: Settings) -> dict[str, Any]:
        """See `Kind`."""
        return content_of(f"{name}-{number}", study, study.rows[number - 1], settings)

    def run(self, name: str, study: Study, settings: Settings, progress: Progress) -> Iterator[RowResult]:
        """See `Kind`."""

        def one(number: int) -> tuple[Figure, ...]:
            row, called = study.rows[number - 1], f"{name}-{number}"
            if row.first is not None:
                _stages(content_of(called, study, row.first, settings), settings, progress)
            bound, result = _stages(content_of(called, study, row, settings), settings, progress)
            old = _old_classes(name, row, study, settings)
            parts = judge_parts(bound, old) if row.old or row.new else None
            return tuple(row_figures(row, result, old, parts))

        for row, found, problem in one_by_one(name, "row", self.rows(study), progress, one):
            yield RowResult(row, found or (), problem)

    def table(self, title: str, rows: Sequence[RowResult], compared: bool = True) -> "Table":
        """See `Kind`."""
        from pipeline.studies.sentences.tables import study_table

        return study_table(title, rows, compared)


SENTENCES_STUDIES = SentencesStudies()


def content_of(name: str, study: Study, run: Run, settings: Settings) -> dict[str, Any]:
    """The recipe of one run, not checked yet."""
    content = merged(merged(yaml.safe_load(recipe_text(study.recipe)), study.change), run.change)
    content = with_only(content, run.only)
    if settings.preset:
        content = with_preset(content, settings.preset)
    places = settings.places
    content = stand_in(content, places.workspace) if settings.miniature else places.put(content)
    return {**content, "name": name, "workspace": str(places.workspace)}


def _stages(content: dict[str, Any], settings: Settings, progress: Progress) -> tuple[BoundSentences, EvaluationResult]:
    bound = bound_to(content, settings, progress)
    if settings.miniature:
        write_external_scores(bound)
    return bound, figures(bound)


def _old_classes(name: str, row: Row, study: Study, settings: Settings) -> OldClasses:
    """The classes of the run that came before, or that the row only compares with."""
    before = row.apart or row.first
    labels: OldClasses = (
        bound_to(content_of(name, study, before, settings), settings, Progress.silent()).labels if before else {}
    )
    return labels
