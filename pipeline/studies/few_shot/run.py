"""Running a few-shot study: one recipe a data set, in one workspace, so that what tables share is learned once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.evaluation.harmonic import BaseNovel, harmonic_table
from pipeline.stages.whole import figures
from pipeline.studies.base import Kind, RowResult, StudyError, bound_to, one_by_one
from pipeline.studies.few_shot.schema import AVERAGE, FewShotStudy
from pipeline.studies.few_shot.stand_in import RUNS, stand_in
from pipeline.studies.settings import Settings
from pipeline.tasks.load import check_recipe, load_recipe, recipe_text
from pipeline.telemetry.progress import Progress
from stores.errors import MmptError

if TYPE_CHECKING:
    from rich.table import Table

    from pipeline.tasks.few_shot.bound import BoundFewShot
    from pipeline.tasks.few_shot.result import FewShotResult

Ours = Mapping[str, tuple[float, ...]]
"""Method -> its figures, percent."""


@dataclass(frozen=True)
class FewShotFigure:
    """One number of a table, percent; None where the paper has none, or where it was not measured.

    Attributes:
        method: its name in the recipe; "zero-shot" is the frozen encoder.
        measure: "base", "novel" and "H", or "accuracy".
        ours: mean over the seeds of this run.
        paper: of the paper.
    """

    method: str
    measure: str
    ours: float | None
    paper: float | None


class FewShotStudies(Kind[FewShotStudy]):
    """A few-shot recipe, the data sets that it is run on, and the paper's figures."""

    folder, shape = "few-shot", FewShotStudy

    def rows(self, study: FewShotStudy) -> Sequence[str]:
        """See `Kind`."""
        return study.runs

    def content(self, name: str, number: int, study: FewShotStudy, settings: Settings) -> dict[str, Any]:
        """See `Kind`."""
        return few_shot_content(name, number, study, settings)

    def run(self, name: str, study: FewShotStudy, settings: Settings, progress: Progress) -> Iterator[RowResult]:
        """See `Kind`; where a data set lacks, there is no average."""
        if not study.data:
            yield from _transfer(name, study, settings, progress)
            return
        halves: dict[str, Mapping[str, BaseNovel]] = {}
        tried = study.data[:RUNS] if settings.miniature else study.data

        def one(number: int) -> Mapping[str, BaseNovel]:
            means: Mapping[str, BaseNovel] = figures(_bound(name, number, study, settings, progress)).means()
            return means

        for data_set, found, problem in one_by_one(name, "data set", tried, progress, one):
            halves |= {data_set: found} if found else {}
            yield RowResult(data_set, _figures(study, data_set, _halved(found or {})), problem)
        yield _average(study, halves, tried)

    def table(self, title: str, rows: Sequence[RowResult], compared: bool = True) -> "Table":
        """See `Kind`."""
        from pipeline.studies.few_shot.tables import few_shot_study_table

        return few_shot_study_table(title, rows)


FEW_SHOT_STUDIES = FewShotStudies()


def few_shot_content(name: str, number: int, study: FewShotStudy, settings: Settings) -> dict[str, Any]:
    """The recipe of a data set, counted from 1, as plain content that can be written down; not checked yet.

    Raises:
        StudyError: a preset is asked for.
    """
    if settings.preset:
        raise StudyError(f"--preset is of TaAM-CPT; study '{name}' has none. Leave it out")
    content = yaml.safe_load(recipe_text(f"few-shot/{study.few_shot}"))
    if study.data:
        content["data"] = {"layout": study.data[number - 1]}
    content["data"]["root"] = str(settings.places.data)
    if settings.miniature:
        content = stand_in(check_recipe(content, where=f"study '{name}'", base=Path()))
    run = f"{name}-{study.data[number - 1]}" if study.data else name
    return {**content, "name": run, "workspace": str(settings.places.workspace)}


def _bound(name: str, number: int, study: FewShotStudy, settings: Settings, progress: Progress) -> "BoundFewShot":
    bound: BoundFewShot = bound_to(few_shot_content(name, number, study, settings), settings, progress)
    return bound


def _transfer(name: str, study: FewShotStudy, settings: Settings, progress: Progress) -> Iterator[RowResult]:
    from pipeline.studies.few_shot.transfer import run_transfer

    shipped = load_recipe(f"few-shot/{study.few_shot}")
    source, others = shipped.data.layout, tuple(shipped.judge_on)
    try:
        task = _bound(name, 1, study, settings, progress)
        result, left_out = run_transfer(task)
    except MmptError as error:
        progress.say(f"{name} was not run: {error}")
        yield from (RowResult(each, _figures(study, each, {}), str(error)) for each in (source, *others, AVERAGE))
        return
    called: dict[str, str] = {source: task.recipe.data.layout}  # which a stand-in calls otherwise
    for one in (source, *others):
        found = {} if one in left_out else _of(result, called.get(one, one))
        yield RowResult(one, _figures(study, one, found), left_out.get(one, ""))
    averages = {method: (100 * average,) for method, average in result.averages().items()}
    problem = _no_average(one for one in others if one in left_out)
    yield RowResult(AVERAGE, _figures(study, AVERAGE, {} if problem else averages), problem)


def _of(result: "FewShotResult", test_set: str) -> Ours:
    return {method: (100 * found[test_set],) for method, found in result.accuracies().items()}


def _no_average(lacking: Iterable[str]) -> str:
    """Why there is no average; empty if nothing lacks."""
    names = ", ".join(lacking)
    return f"an average over fewer data sets cannot be compared; there are no figures of {names}" if names else ""


def _average(study: FewShotStudy, found: Mapping[str, Mapping[str, BaseNovel]], tried: tuple[str, ...]) -> RowResult:
    problem = _no_average(data_set for data_set in tried if data_set not in found)
    if problem:
        return RowResult(AVERAGE, _figures(study, AVERAGE, {}), problem)
    methods = next(iter(found.values()))
    table = harmonic_table({method: {one: [found[one][method]] for one in found} for method in methods})
    return RowResult(AVERAGE, _figures(study, AVERAGE, _halved(table[-1].methods)))


def _halved(found: Mapping[str, BaseNovel]) -> Ours:
    return {name: (100 * x.base, 100 * x.novel, 100 * x.harmonic) for name, x in found.items()}


def _figures(study: FewShotStudy, data_set: str, ours: Ours) -> tuple[FewShotFigure, ...]:
    """Every method of the run and of the paper, each with every measure."""
    paper = study.paper.get(data_set, {})
    nothing = (None,) * len(study.measures)
    return tuple(
        FewShotFigure(method, measure, mine, theirs)
        for method in dict.fromkeys([*ours, *paper])
        for measure, mine, theirs in zip(
            study.measures, ours.get(method, nothing), paper.get(method, nothing), strict=True
        )
    )
