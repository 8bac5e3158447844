"""What was learned from."""

from collections.abc import Mapping, Sequence

from pipeline.report.html import Markup, join, table, tag
from pipeline.report.thumbnails import picture_of

_CLASSES, _SHOTS = 12, 16


def shots_section(shots: Mapping[str, Sequence[str]], modality: str = "image") -> Markup:
    """What was learned from, a line a class."""
    rows = []
    for name, paths in list(shots.items())[:_CLASSES]:
        pictures = [picture_of(path, modality) or tag("span", "–") for path in paths[:_SHOTS]]
        rows.append([name, tag("div", pictures, cls="shots")])
    left_out = len(shots) - len(rows)
    more = tag("p", f"and {left_out:,} classes more", cls="note") if left_out else None
    return join([table(["class", "labelled images"], rows), more])
