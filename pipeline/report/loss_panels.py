"""How the losses of several methods fell: a panel a method, a thin line a seed and their mean."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.report.figures import CATEGORICAL, draw
from pipeline.report.html import Markup

_COLUMNS, _POINTS, _FEW = 4, 60, 3


class Stepped(Protocol):
    """A method, and the losses of its steps, seed by seed."""

    @property
    def name(self) -> str:
        """As the recipe has it."""

    @property
    def losses(self) -> Sequence[Sequence[float]]:
        """Of each seed; empty where nothing was stepped."""


def loss_panels(methods: Sequence[Stepped], identity: str, from_zero: bool = True) -> Markup | None:
    """The picture; None where nothing was stepped.

    Args:
        methods: in the order of the recipe.
        identity: of the picture on its page.
        from_zero: whether the axes begin at 0.
    """
    shown = [method for method in methods if any(len(losses) for losses in method.losses)]
    if not shown:
        return None
    lines = -(-len(shown) // _COLUMNS)

    def paint_one(axes: Axes, method: Stepped) -> None:
        losses = [np.asarray(each, float) for each in method.losses if len(each)]
        seeds, steps = [_thinned(each) for each in losses], _thinned(np.arange(1, len(losses[0]) + 1, dtype=float))
        for values in seeds:
            axes.plot(steps, values, color=CATEGORICAL[0], linewidth=0.7, alpha=0.35)
        mark = "o" if len(steps) < _FEW else None
        axes.plot(steps, np.mean(seeds, axis=0), color=CATEGORICAL[0], linewidth=1.6, marker=mark)
        axes.set_title(method.name)
        axes.set_xlabel("step")
        if from_zero:
            axes.set_ylim(bottom=0)
        axes.margins(x=0.02)

    def paint(figure: Figure) -> None:
        grid = list(figure.subplots(lines, min(len(shown), _COLUMNS), squeeze=False).flat)
        for axes, method in zip(grid, shown, strict=False):
            paint_one(axes, method)
        for axes in grid[len(shown) :]:
            axes.set_visible(False)

    return draw(11, 2.3 * lines, paint, identity, "loss over the training steps of every method")


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of equal stretches: single steps of a few examples say little."""
    return np.array([stretch.mean() for stretch in np.array_split(values, min(_POINTS, len(values)))])
