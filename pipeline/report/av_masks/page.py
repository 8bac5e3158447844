"""Put the report of sounding objects together: one file that needs nothing else."""

from importlib.resources import files

from pipeline.report.av.sections import first_sections, last_sections
from pipeline.report.av_masks.curve import threshold_picture
from pipeline.report.av_masks.data import MasksReportData
from pipeline.report.av_masks.pictures import masks_over_frames
from pipeline.report.html import Markup
from pipeline.report.page import Section, put_together, section, write_whole
from stores.address import Location


def write_masks_page(data: MasksReportData, path: Location) -> Location:
    """Write the report as one HTML file, whole or not at all; returns its path."""
    return write_whole(render_masks(data), path)


def render_masks(data: MasksReportData) -> Markup:
    """The whole page; equal data give an equal page."""
    extra = (files("pipeline.report.av_masks") / "page.css").read_text(encoding="utf-8")
    return put_together(data.recipe_name, [part for part in _sections(data) if part is not None], extra)


def _sections(data: MasksReportData) -> list[Section | None]:
    return [
        *first_sections(data, _RESULTS, "mIoU", "CLIP… --as overlay --out shown"),
        section("masks", "Masks over frames", _MASKS, masks_over_frames(data)),
        section("thresholds", "F over thresholds", _CURVES, threshold_picture(data)),
        *last_sections(data, "masks-losses"),
    ]


_RESULTS = (
    "mIoU: of pixels that are more probable than not and those that sound, what both have of what either has, a mean over the "
    "seconds of a clip, then over clips; where nothing sounds, the share of pixels that are left dark. F weighs precision (β² = "
    "0.3), at the threshold that is best for each clip. Intervals are of 95 % over test clips. The lines below the methods need "
    "no model."
)
_MASKS = (
    "Test clips second by second: the frame, the sound (time to the right, pitch upwards), what sounds, and what each method "
    "says, the published one first; below each picture is its intersection over union in percent."
)
_CURVES = (
    "Mean F of the test clips where one threshold is taken for all of them. The table's F takes the best of each clip, as papers "
    "do, and is higher."
)
