"""What the report of a run of open-vocabulary video shows. Free of torch, and nothing is made for it."""

from typing import Any

import numpy as np

from pipeline.datasets.open_video import EXAMS
from pipeline.report.data import as_yaml, lineage_entry
from pipeline.report.open_video import ClassGain, OpenVideoReportData, ShownMethod
from pipeline.runs.licences import told_of
from pipeline.runs.timing import seconds_of
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.figures import MethodFigures
from pipeline.tasks.open_video.inputs import inputs
from pipeline.tasks.open_video.result import (
    OpenVideoResult,
    Told,
    all_told,
    entry,
    read_result,
)
from pipeline.tasks.open_video.shown import shown_clips
from pipeline.tasks.open_video.tables import diagnostic_rows, elsewhere_rows, result_rows
from pipeline.tasks.open_video.words import remarks
from pipeline.tasks.open_video.work import trials, units
from pipeline.training.checkpoint import Checkpoints
from stores.address import Location

REPORT_VERSION = 2
"""Raise it when the same run would be drawn otherwise."""


def shows(bound: BoundOpenVideo) -> list[Any]:
    """Everything that the report is made of: the run's artifacts and the recipe."""
    everything: list[Unit | Trial] = [*trials(bound), *units(bound)]
    made = [each.spec.fingerprint for each in everything if each.spec]
    return [REPORT_VERSION, sorted(made), _recipe(bound), sorted(_rejected(bound))]


def draw(bound: BoundOpenVideo, path: Location) -> None:
    """Draw the report of a judged run."""
    from pipeline.report.open_video.page import write_open_video_page

    write_open_video_page(_data(bound, read_result(bound)), path)


def losses_of(bound: BoundOpenVideo, method: str) -> list[list[float]]:
    """The loss of every step of a learned method, a list a seed and half."""
    found = [bound.store.artifact(unit.spec) for unit in units(bound, method)]
    return [list(Checkpoints(artifact).history().get("loss", [])) for artifact in found]


def _recipe(bound: BoundOpenVideo) -> dict[str, object]:
    return bound.recipe.model_dump(mode="json", exclude={"workspace"})


def _rejected(bound: BoundOpenVideo) -> list[tuple[str, str]]:
    return list(dict.fromkeys(each for part in bound.parts for each in part.rejected))


def _data(bound: BoundOpenVideo, result: OpenVideoResult) -> OpenVideoReportData:
    told = _of_first_half(bound)
    everything: list[Unit | Trial] = [*units(bound), *trials(bound)]
    made = [(entry(each), each.spec) for each in everything if each.spec is not None]
    made += [(each.what, each.need.spec(bound.recipe.cache)) for each in inputs(bound)]
    return OpenVideoReportData(
        recipe_name=bound.recipe.name,
        recipe_yaml=as_yaml(_recipe(bound)),
        head=result_rows(result)[0],
        rows=result_rows(result)[1],
        elsewhere_head=elsewhere_rows(result)[0],
        elsewhere=elsewhere_rows(result)[1] if result.elsewhere else [],
        diagnostics_head=diagnostic_rows(result)[0],
        diagnostics=diagnostic_rows(result)[1],
        remarks=remarks(result),
        methods=[_method(bound, each) for each in result.methods],
        classes=_gains(bound, told, result.published),
        clips=shown_clips(bound, told),
        published=result.published,
        lineage=[lineage_entry(what, bound.store.artifact(spec)) for what, spec in made],
        facts=_facts(bound, result),
        warnings=bound.warnings(),
        rejected=_rejected(bound),
    )


def _method(bound: BoundOpenVideo, found: MethodFigures) -> ShownMethod:
    if found.name not in bound.recipe.learned:
        return ShownMethod(found.name, found.figures)
    seconds = [sum(seconds_of(bound, unit.spec.fingerprint)) for unit in units(bound, found.name)]
    whole = float(np.mean(seconds)) if all(seconds) else None
    return ShownMethod(found.name, found.figures, losses_of(bound, found.name), found.numbers, whole)


def _of_first_half(bound: BoundOpenVideo) -> dict[str, dict[str, list[Told]]]:
    """What was said of the clips of the first half, which classes and clips are shown of."""
    first = bound.recipe.videos.draws[0]
    return {
        name: {exam: [each for each in told if each.draw == first] for exam, told in exams.items() if exam in EXAMS}
        for name, exams in all_told(bound).items()
    }


def _gains(bound: BoundOpenVideo, told: dict[str, dict[str, list[Told]]], published: str) -> list[ClassGain]:
    """Of every class what frozen CLIP, and the published method, have right."""
    first, ours = next(iter(bound.recipe.frozen)), published
    found = []
    for exam in EXAMS:
        labels = np.array(told[first][exam][0].clips.labels)
        before, after = (np.mean([each.right() for each in told[name][exam]], axis=0) for name in (first, ours))
        for number, name in enumerate(told[first][exam][0].clips.classes):
            own = labels == number
            if own.any():
                found.append(ClassGain(name, exam, int(own.sum()), float(before[own].mean()), float(after[own].mean())))
    return found


def _facts(bound: BoundOpenVideo, result: OpenVideoResult) -> dict[str, str]:
    views, sets = bound.recipe.views, bound.sets
    return {
        "encoder": bound.recipe.encoder,
        "learned from": f"{len(sets.learn.rows):,} clips of {len(sets.learn.classes):,} base classes, a share of "
        f"{bound.recipe.hold_out:g} of them held out to choose the epoch on",
        "judged": "; ".join(
            f"{exam}: {result.clips[exam]:,} of {result.listed[exam]:,} clips of {len(sets.judged[exam].classes):,} classes"
            for exam in EXAMS
        )
        + (f"; {result.halves} halves, of which classes and clips are of the first" if result.halves > 1 else ""),
        "views": f"{views.clips} x {views.crops} of {views.frames} frames, every {views.stride}.",
        "beside frames": ", ".join(bound.recipe.others) or "nothing",
        "epochs that answer": "; ".join(f"{m.name}: {', '.join(map(str, m.epochs))}" for m in result.methods[1:]),
        "seeds": ", ".join(map(str, bound.recipe.seeds)),
        **told_of([bound.card], {"clips": bound.recipe.videos.model_dump(mode="json")}),
    }
