"""Time lines: what is in a clip, and what methods say of each of its seconds, with the probability."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.report.av_events.data import EventsReportData, ShownClip, Track
from pipeline.report.figures import CATEGORICAL, WRONG
from pipeline.report.html import Markup, tag
from pipeline.report.thumbnails import picture_element

QUIET = "#98a2b3"
"""The colour of background."""


def timelines(data: EventsReportData) -> Markup | None:
    """Every clip that is shown, one below the other; None where there is none."""
    if not data.clips:
        return None
    return tag("div", [_clip(data, clip) for clip in data.clips], cls="timelines")


def _clip(data: EventsReportData, clip: ShownClip) -> Markup:
    lines = [_line("what is there", [_cell(data, label, None, True) for label in clip.truth.tolist()])]
    lines += [_line(track.name, _said(data, clip.truth, track)) for track in clip.tracks]
    if clip.frames is not None:
        seen = [tag("td", picture_element(frame, "")) for frame in clip.frames]
        lines.insert(0, _line("", seen, cls="seen"))
    seconds = [tag("td", f"{place * data.segment_s:g} s") for place in range(len(clip.truth))]
    lines.append(_line("", seconds, cls="clock"))
    head = tag("h4", clip.name, tag("small", f" {clip.why}"))
    return tag("div", head, tag("div", tag("table", tag("tbody", lines), cls="timeline"), cls="scroll"))


def _said(data: EventsReportData, truth: NDArray[np.int64], track: Track) -> list[Markup]:
    rows = zip(track.labels.tolist(), track.probabilities.tolist(), truth.tolist(), strict=True)
    return [_cell(data, label, share, label == true) for label, share, true in rows]


def _line(name: str, cells: Sequence[Markup], cls: str | None = None) -> Markup:
    return tag("tr", tag("th", name, scope="row"), cells, cls=cls)


def _cell(data: EventsReportData, label: int, share: float | None, right: bool) -> Markup:
    """A second: the class's colour, stronger where it is more probable; a mistake has a red edge."""
    quiet = label == len(data.classes)
    name = "background" if quiet else data.classes[label]
    color = QUIET if quiet else CATEGORICAL[label % len(CATEGORICAL)]
    strength = 100 if share is None else round(15 + 75 * share)
    edge = "" if right else f";box-shadow:inset 0 0 0 2px {WRONG}"
    style = f"background:color-mix(in srgb, {color} {strength}%, transparent){edge}"
    told = name if share is None else f"{name}, {100 * share:.0f} %{'' if right else ', wrong'}"
    shown = "·" if quiet else name
    number = None if share is None else tag("small", f"{100 * share:.0f}")
    return tag("td", tag("span", shown), number, style=style, title=told)
