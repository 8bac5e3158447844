"""Put the report of audio-visual events together: one file that needs nothing else."""

from importlib.resources import files

from pipeline.report.av_events.data import EventsReportData
from pipeline.report.av_events.results import cost_table, figures_table, ladder_picture
from pipeline.report.av_events.timeline import timelines
from pipeline.report.html import Markup, details, join, tag
from pipeline.report.loss_panels import loss_panels
from pipeline.report.page import Section, put_together, section, write_whole
from pipeline.report.sections import facts_list, files_table, lineage_section
from pipeline.report.warned import warnings_section
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
        warnings_section(data.warnings),
        section("results", "Results", _RESULTS, figures_table(data), ladder_picture(data), _used(data)),
        section("timelines", "Time lines", _TIMELINES, timelines(data)),
        section("cost", "What it costs", _COST, cost_table(data)),
        section("learning", "Learning", _LEARNING, loss_panels(data.methods, "events-losses")),
        section("rejected", "Clips that cannot be used", _REJECTED, files_table(data.rejected)),
        section("lineage", "Lineage", _LINEAGE, lineage_section(data.lineage) if data.lineage else None),
        ("run", "Run", join([facts_list(data.facts.items()), details("The recipe", tag("pre", data.recipe_yaml))])),
    ]


def _used(data: EventsReportData) -> Markup:
    typed = tag("code", f"mmpt-pipeline predict {data.recipe_name} CLIP… --as vtt")
    return tag("p", "Use it: ", typed, f" ({data.published} answers)", cls="note")


_RESULTS = (
    "A second is right where the most probable class, or background, is the labelled one; intervals are of 95 % over test clips. "
    "An event is a run of seconds of one class, found where half of what both cover is common. The lines below the methods need "
    "no model: an accuracy near the oracle's says nothing of when events happen, which background recall and event F1 do."
)
_TIMELINES = (
    "Test clips second by second: what is there, and the most probable class of each method with its probability in percent, "
    "stronger where it is more probable; a red edge is a mistake. The published method is first, then those that read one side."
)
_COST = "Numbers learned by formula, what is read of the store for all clips, and the time of a step as this run measured it."
_LEARNING = "Loss over the training steps, a thin line a seed and their mean."
_REJECTED = "The data set names these clips. They are in none of the figures, and nothing stands in for them."
_LINEAGE = "What every figure above was made from. Look at an artifact with: mmpt-pipeline store show FINGERPRINT"
