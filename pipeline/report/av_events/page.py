"""Put the report of audio-visual events together: one file that needs nothing else."""

from importlib.resources import files

from pipeline.report.av.sections import first_sections, last_sections
from pipeline.report.av_events.data import EventsReportData
from pipeline.report.av_events.timeline import timelines
from pipeline.report.html import Markup
from pipeline.report.page import Section, put_together, section, write_whole
from stores.address import Location


def write_events_page(data: EventsReportData, path: Location) -> Location:
    """Write the report as one HTML file, whole or not at all; returns its path."""
    return write_whole(render_events(data), path)


def render_events(data: EventsReportData) -> Markup:
    """The whole page; equal data give an equal page."""
    extra = (files("pipeline.report.av_events") / "page.css").read_text(encoding="utf-8")
    return put_together(data.recipe_name, [part for part in _sections(data) if part is not None], extra)


def _sections(data: EventsReportData) -> list[Section | None]:
    return [
        *first_sections(data, _RESULTS, "seconds right", "CLIP… --as vtt"),
        section("timelines", "Time lines", _TIMELINES, timelines(data)),
        *last_sections(data, "events-losses"),
    ]


_RESULTS = (
    "A second is right where the most probable class, or background, is the labelled one; intervals are of 95 % over test clips. "
    "An event is a run of seconds of one class, found where half of what both cover is common. The lines below the methods need "
    "no model: an accuracy near the oracle's says nothing of when events happen, which background recall and event F1 do."
)
_TIMELINES = (
    "Test clips second by second: what is there, and the most probable class of each method with its probability in percent, "
    "stronger where it is more probable; a red edge is a mistake. The published method is first, then those that read one side."
)
