"""Put the report of open-vocabulary video together: one file that needs nothing else."""

from importlib.resources import files

from pipeline.report.html import Markup, details, join, table, tag
from pipeline.report.loss_panels import loss_panels
from pipeline.report.open_video.data import OpenVideoReportData
from pipeline.report.open_video.results import (
    class_picture,
    clip_cards,
    figures_table,
    learning_table,
    methods_picture,
)
from pipeline.report.page import Section, put_together, section, write_whole
from pipeline.report.sections import facts_list, files_table, lineage_section
from pipeline.report.warned import warnings_section
from stores.address import Location


def write_open_video_page(data: OpenVideoReportData, path: Location) -> Location:
    """Write the report as one HTML file, whole or not at all; returns its path."""
    return write_whole(render_open_video(data), path)


def render_open_video(data: OpenVideoReportData) -> Markup:
    """The whole page; equal data give an equal page."""
    extra = (files("pipeline.report.open_video") / "page.css").read_text(encoding="utf-8")
    return put_together(data.recipe_name, [part for part in _sections(data) if part is not None], extra)


def _sections(data: OpenVideoReportData) -> list[Section | None]:
    modalities = table(data.diagnostics_head, data.diagnostics, numeric=(2, 3)) if data.diagnostics else None
    elsewhere = table(data.elsewhere_head, data.elsewhere) if data.elsewhere else None
    return [
        warnings_section(data.warnings),
        section("results", "Results", _RESULTS, figures_table(data), methods_picture(data), _used(data)),
        section("elsewhere", "On other data sets", _ELSEWHERE, elsewhere),
        section("modalities", "What each modality says", _MODALITIES, modalities),
        section("classes", "Classes", _CLASSES, class_picture(data)),
        section("clips", "Clips", _CLIPS, clip_cards(data)),
        section(
            "learning",
            "Learning",
            _LEARNING,
            learning_table(data),
            loss_panels(data.methods, "open-video-losses", from_zero=False),
        ),
        section("rejected", "Clips that cannot be used", _REJECTED, files_table(data.rejected)),
        section("lineage", "Lineage", _LINEAGE, lineage_section(data.lineage) if data.lineage else None),
        ("run", "Run", join([facts_list(data.facts.items()), details("The recipe", tag("pre", data.recipe_yaml))])),
    ]


def _used(data: OpenVideoReportData) -> Markup:
    typed = tag("code", f"mmpt-pipeline predict {data.recipe_name} CLIP… --labels names.txt")
    return tag("p", "Use it, for any names: ", typed, f" ('{data.published}' answers)", cls="note")


_RESULTS = (
    "Clips right: base clips among base names, novel clips, of whose classes nothing was learned, among novel names, and the "
    "harmonic mean H of both. Means over the seeds, intervals of 95 % over clips. The first line is frozen CLIP over frames with "
    "28 sentences a name, which needs no labels."
)
_MODALITIES = (
    "The same clips as the parts of a method answer them, percent: frames and the other modality by themselves, the mean of "
    "both, and frozen frames."
)
_ELSEWHERE = (
    "Clips right of data sets from which nothing was learned, among the names of their own classes, by the path of novel names. "
    "Where a column says halves, figures are means over drawn halves of the classes, with intervals of 95 % over halves."
)
_CLASSES = "Clips right of every class: by frozen CLIP (hollow) and by the published method (full)."
_CLIPS = (
    "What the towers read of a clip: frames, and flow or sound below. Of flow the colour is the direction (red: to the right, "
    "green: down, cyan: to the left, violet: up), white is rest."
)
_LEARNING = (
    "Numbers learned, the time it took here, and the loss over the training steps: a thin line a seed and their mean."
)
_REJECTED = "The data set names these clips. They are in none of the figures, and nothing stands in for them."
_LINEAGE = "What every figure above was made from. Look at an artifact with: mmpt-pipeline store show FINGERPRINT"
