"""A map with names at its points: as many as can be read.

A name stands beside its point where nothing else is written, else above or below it; one that finds no room is left out and
counted. Where names go depends on the points only.

n: points.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.report.figures import MUTED, bare, draw
from pipeline.report.html import Markup, tag

_WIDTH, _HEIGHT = 11.0, 5.6  # inches
_MARGIN = 0.07  # of the width and height, on each side
_SIZE = 7.0  # points of a name's letters
_LETTER, _LINE = 0.6 * _SIZE / 72, 1.25 * _SIZE / 72  # inches that a letter, and a line, take
_GAP = 0.06  # inches between a point and its name
_LONGEST = 20

Box = tuple[float, float, float, float]
"""Left, lower, right and upper end, in inches."""
Layout = NDArray[np.float64]


def named_map(layout: Layout, names: Sequence[str], colors: Sequence[str]) -> Markup:
    """The points (n, 2) with their names."""
    shown = [name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…" for name in names]
    places = in_inches(layout)
    written = with_room(places, shown)

    def paint(figure: Figure) -> None:
        axes = figure.add_axes((0, 0, 1, 1))
        bare(axes)
        axes.set_xlim(0, _WIDTH)
        axes.set_ylim(0, _HEIGHT)
        axes.scatter(places[:, 0], places[:, 1], s=22, c=list(colors), linewidths=0.4, edgecolors="white")
        for i, box in written.items():
            _write(axes, float(places[i, 0]), box, shown[i])

    left_out = len(names) - len(written)
    told = f" {left_out:,} of {len(names):,} names found no room." if left_out else ""
    alt = f"t-SNE of the prompts at the end of learning, with the names of {len(written):,} classes"
    return tag(
        "div",
        tag("h4", "Where they end, by name"),
        draw(_WIDTH, _HEIGHT, paint, "named-prompts", alt, layout=None),
        tag("p", "Each pool's own classes.", told, cls="note"),
    )


def in_inches(layout: Layout) -> Layout:
    """The points on the picture, (n, 2), inside its margins."""
    span = np.maximum(np.ptp(layout, axis=0), 1e-9)
    shares = (layout - layout.min(axis=0)) / span
    placed: Layout = (_MARGIN + (1 - 2 * _MARGIN) * shares) * np.array([_WIDTH, _HEIGHT])
    return placed


def with_room(places: Layout, names: Sequence[str]) -> dict[int, Box]:
    """Point -> where its name is written; no two names overlap, none leaves the picture or covers another point.

    Args:
        places: (n, 2) inches.
        names: n of them.
    """
    taken: list[Box] = []
    found: dict[int, Box] = {}
    for i, name in enumerate(names):
        others = np.delete(places, i, axis=0)
        for box in _candidates(places[i], len(name) * _LETTER):
            if _inside(box) and not _covers(box, others) and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                found[i] = box
                break
    return found


def _candidates(place: NDArray[np.float64], width: float) -> list[Box]:
    x, y = float(place[0]), float(place[1])
    half, up = width / 2, _LINE / 2
    return [
        (x + _GAP, y - up, x + _GAP + width, y + up),
        (x - _GAP - width, y - up, x - _GAP, y + up),
        (x - half, y + _GAP, x + half, y + _GAP + _LINE),
        (x - half, y - _GAP - _LINE, x + half, y - _GAP),
    ]


def _inside(box: Box) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= _WIDTH and box[3] <= _HEIGHT


def _covers(box: Box, places: Layout) -> bool:
    inside = (places[:, 0] > box[0]) & (places[:, 0] < box[2]) & (places[:, 1] > box[1]) & (places[:, 1] < box[3])
    return bool(inside.any())


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _write(axes: Axes, x: float, box: Box, name: str) -> None:
    """On the side of its point where the box is."""
    place, side = (box[0], "left") if box[0] > x else (box[2], "right") if box[2] < x else (x, "center")
    axes.text(place, (box[1] + box[3]) / 2, name, fontsize=_SIZE, ha=side, va="center", color=MUTED)
