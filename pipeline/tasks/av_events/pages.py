"""What the report of a run of audio-visual events shows. Free of torch, and nothing is made for it."""

from typing import Any

from pipeline.methods.copl.config import CoplOptions
from pipeline.report.av_events import EventsReportData
from pipeline.report.data import as_yaml
from pipeline.tasks.av.pages import facts_of, lineage_of, recipe_values, shown_method, shown_things, told
from pipeline.tasks.av.words import remarks
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.result import EventsResult, read_result
from pipeline.tasks.av_events.shown import shown_clips
from pipeline.tasks.av_events.tables import result_rows
from stores.address import Location

REPORT_VERSION = 2
"""Raise it when the same run would be drawn otherwise."""


def shows(bound: BoundAvEvents) -> list[Any]:
    """Everything that the report is made of: the run's artifacts and the recipe."""
    return shown_things(bound, REPORT_VERSION)


def draw(bound: BoundAvEvents, path: Location) -> None:
    """Draw the report of a judged run."""
    from pipeline.report.av_events.page import write_events_page

    write_events_page(_data(bound, read_result(bound)), path)


def _data(bound: BoundAvEvents, result: EventsResult) -> EventsReportData:
    head, rows = result_rows(result)
    clips, methods = bound.clips, bound.recipe.methods
    classes = f"{len(clips.classes):,} and background, {clips.segments} segments of {clips.segment_s:g} s"
    return EventsReportData(
        recipe_name=bound.recipe.name,
        recipe_yaml=as_yaml(recipe_values(bound)),
        head=head,
        rows=rows,
        remarks=remarks(result),
        methods=[shown_method(bound, each, _told(methods[each.name])) for each in result.methods],
        classes=clips.classes,
        clips=shown_clips(bound),
        segment_s=clips.segment_s,
        published=result.published,
        lineage=lineage_of(bound),
        facts=facts_of(bound, result, {"classes": classes}),
        warnings=bound.warnings(),
        rejected=clips.rejected,
    )


def _told(options: CoplOptions) -> str:
    """What tells a method from the others, in words."""
    reads = "" if options.head.use == "both" else f"; the head reads {options.head.use} tokens alone"
    return told(options) + reads
