"""What the report of a run of audio-visual events shows. Free of torch, and nothing is made for it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.methods.copl.config import CoplOptions
from pipeline.report.av_events import EventsReportData, ShownMethod
from pipeline.report.data import as_yaml, lineage_entry
from pipeline.runs.licences import told_of
from pipeline.runs.timing import seconds_of
from pipeline.tasks.av_events.bound import ROLES, BoundAvEvents
from pipeline.tasks.av_events.cost import paper_numbers
from pipeline.tasks.av_events.result import EventsResult, MethodFigures, read_result
from pipeline.tasks.av_events.shown import shown_clips
from pipeline.tasks.av_events.specs import needs_of, row_bytes
from pipeline.tasks.av_events.tables import result_rows
from pipeline.tasks.av_events.words import remarks
from pipeline.tasks.av_events.work import form_of, inputs, sides_of, trials, unit_of, units
from pipeline.training.checkpoint import Checkpoints
from stores.address import Location

REPORT_VERSION = 2
"""Raise it when the same run would be drawn otherwise."""


def shows(bound: BoundAvEvents) -> list[Any]:
    """Everything that the report is made of: the run's artifacts and the recipe."""
    made = [trial.spec.fingerprint for trial in trials(bound) if trial.spec] + [
        u.spec.fingerprint for u in units(bound)
    ]
    return [REPORT_VERSION, sorted(made), _recipe(bound), bound.clips.notes]


def draw(bound: BoundAvEvents, path: Location) -> None:
    """Draw the report of a judged run."""
    from pipeline.report.av_events.page import write_events_page

    write_events_page(_data(bound, read_result(bound)), path)


def losses_of(bound: BoundAvEvents, method: str) -> list[list[float]]:
    """The loss of every step of a learned method, a list a seed."""
    sides = sides_of(bound)
    found = [bound.store.artifact(unit_of(bound, method, seed, sides).spec) for seed in bound.recipe.seeds]
    return [list(Checkpoints(artifact).history().get("loss", [])) for artifact in found]


def _recipe(bound: BoundAvEvents) -> dict[str, object]:
    return bound.recipe.model_dump(mode="json", exclude={"workspace"})


def _data(bound: BoundAvEvents, result: EventsResult) -> EventsReportData:
    head, rows = result_rows(result)
    made = [(f"{unit.method}, seed {unit.seed}", unit.spec) for unit in units(bound)]
    made += [(f"{t.what} on {t.exam}", t.spec) for t in trials(bound) if t.spec is not None]
    made += [(each.what, each.need.spec(bound.recipe.cache)) for each in inputs(bound)]
    return EventsReportData(
        recipe_name=bound.recipe.name,
        recipe_yaml=as_yaml(_recipe(bound)),
        head=head,
        rows=rows,
        remarks=remarks(result),
        methods=[_method(bound, figures) for figures in result.methods],
        classes=bound.clips.classes,
        clips=shown_clips(bound),
        segment_s=bound.clips.segment_s,
        published=result.published,
        lineage=[lineage_entry(what, bound.store.artifact(spec)) for what, spec in made],
        facts=_facts(bound, result),
        warnings=bound.warnings(),
        rejected=bound.clips.rejected,
    )


def _method(bound: BoundAvEvents, found: MethodFigures) -> ShownMethod:
    options = bound.recipe.methods[found.name]
    losses, sides = losses_of(bound, found.name), sides_of(bound)
    prints = [unit_of(bound, found.name, seed, sides).spec.fingerprint for seed in bound.recipe.seeds]
    seconds = [epoch for each in prints for epoch in seconds_of(bound, each)]
    steps = len(losses[0]) // options.epochs if losses else 0
    whole = options.rung == "consistency" and options.variant == "paper"
    return ShownMethod(
        name=found.name, accuracy=found.accuracy, over_first=found.over_first, losses=losses, numbers=found.numbers,
        paper=paper_numbers(bound.towers) if whole else None,
        seconds_a_step=float(np.median(seconds)) / steps if seconds and steps else None,
        stored=stored_bytes(bound, options), learned_with=told(options),
    )  # fmt: skip


def stored_bytes(bound: BoundAvEvents, options: CoplOptions) -> int:
    """What a method reads of the store, of all clips."""
    form = form_of(bound)
    sizes = [
        row_bytes(bound.towers, role, need, form, bound.recipe.cache)
        for role in ROLES
        for need in needs_of(bound.towers, role, options, form)
    ]
    return sum(sizes) * len(bound.clips.clips)


def told(options: CoplOptions) -> str:
    """What tells a method from the others, in words."""
    rungs = {
        "none": "the head on frozen towers", "global": "M^g", "frame": "M^g, M^f", "interaction": "M, I",
        "bank": "M, I from the bank", "consistency": "M, I from the bank, L_con",
    }  # fmt: skip
    variant = {
        "paper": "in every block",
        "late": f"from {options.start or 'the last stage'} on",
        "parallel": "beside the towers",
    }
    parts: Sequence[str] = [rungs[options.rung], *([variant[options.variant]] if options.rung != "none" else [])]
    reads = "" if options.head.use == "both" else f"; the head reads {options.head.use} tokens alone"
    return ", ".join(parts) + reads


def _facts(bound: BoundAvEvents, result: EventsResult) -> dict[str, str]:
    clips, towers = bound.clips, bound.towers
    audio = "the same tower" if towers.shared else towers.cards["audio"].name
    return {
        "towers": f"{towers.cards['visual'].name} for pictures; {audio} for sound",
        "clips": ", ".join(f"{len(bound.of(split)):,} of {split}" for split in ("train", "val", "test")),
        "classes": f"{len(clips.classes):,} and background, {clips.segments} segments of {clips.segment_s:g} s",
        "the epoch is chosen on": bound.chooses_on,
        "epochs that answer": "; ".join(f"{m.name}: {', '.join(map(str, m.epochs))}" for m in result.methods),
        "seeds": ", ".join(map(str, bound.recipe.seeds)),
        **({"data": "; ".join(clips.notes)} if clips.notes else {}),
        **told_of(towers.cards.values(), {"clips": bound.recipe.events.model_dump(mode="json")}),
    }
