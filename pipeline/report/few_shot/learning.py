"""What was learned from, and how the loss fell."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.report.few_shot.data import LearnedMethod
from pipeline.report.few_shot.results import color_at
from pipeline.report.figures import draw
from pipeline.report.html import Markup, join, table, tag
from pipeline.report.thumbnails import picture_of

_COLUMNS = 4
_POINTS = 60
_CLASSES, _SHOTS = 12, 16


def loss_figure(methods: Sequence[LearnedMethod]) -> Markup | None:
    """A panel a method, a thin line a seed and their mean."""
    shown = [method for method in methods if any(len(losses) for losses in method.losses)]
    if not shown:
        return None
    lines = -(-len(shown) // _COLUMNS)

    def paint_one(axes: Axes, method: LearnedMethod) -> None:
        seeds = [_thinned(np.asarray(losses, float)) for losses in method.losses]
        steps = _thinned(np.arange(1, len(method.losses[0]) + 1, dtype=float))
        for values in seeds:
            axes.plot(steps, values, color=color_at(0), linewidth=0.7, alpha=0.35)
        axes.plot(steps, np.mean(seeds, axis=0), color=color_at(0), linewidth=1.6)
        axes.set_title(method.name)
        axes.set_xlabel("step")
        axes.set_ylim(bottom=0)
        axes.margins(x=0.02)

    def paint(figure: Figure) -> None:
        grid = list(figure.subplots(lines, min(len(shown), _COLUMNS), squeeze=False).flat)
        for axes, method in zip(grid, shown, strict=False):
            paint_one(axes, method)
        for axes in grid[len(shown) :]:
            axes.set_visible(False)

    return draw(11, 2.3 * lines, paint, "losses", "loss over the training steps of every method")


def shots_section(shots: Mapping[str, Sequence[str]], modality: str = "image") -> Markup:
    """What was learned from, a line a class."""
    rows = []
    for name, paths in list(shots.items())[:_CLASSES]:
        pictures = [picture_of(path, modality) or tag("span", "–") for path in paths[:_SHOTS]]
        rows.append([name, tag("div", pictures, cls="shots")])
    left_out = len(shots) - len(rows)
    more = tag("p", f"and {left_out:,} classes more", cls="note") if left_out else None
    return join([table(["class", "labelled images"], rows), more])


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of equal stretches: single steps of a few images say little."""
    return np.array([stretch.mean() for stretch in np.array_split(values, min(_POINTS, len(values)))])
