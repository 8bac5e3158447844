"""Learning curves: every part of the loss, and the share of pairs that still push."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.report.data import ReportData
from pipeline.report.figures import INK, color_of, draw
from pipeline.report.html import Markup

_POINTS = 300  # more cannot be told apart at this width
_PANELS = (
    ("loss", "total loss"),
    ("intra/", "ranking loss, within a modality"),
    ("inter/", "guidance of the weak modality"),
    ("active/", "active pairs, % of all"),
)


def curves_figure(data: ReportData) -> Markup | None:
    """One panel a part of the loss; None where nothing was logged."""
    panels = [(key, title) for key, title in _PANELS if any(name.startswith(key) for name in data.curves)]
    steps = np.asarray(data.curves.get("step", ()), float)
    if not panels or not len(steps):
        return None

    def paint(figure: Figure) -> None:
        for axes, (key, title) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            axes.set_title(title)
            axes.set_xlabel("step")
            for name in (name for name in data.curves if name.startswith(key)):
                scale = 100 if key == "active/" else 1
                _line(axes, name, steps, scale * np.asarray(data.curves[name], float))
            axes.set_ylim(bottom=0)
            axes.margins(x=0.02)
            if key != "loss":
                axes.legend(fontsize=7.5, handlelength=1.2, loc="upper right")

    return draw(11, 2.6, paint, "curves", "loss by part and share of active pairs over the training steps")


def _line(axes: Axes, name: str, steps: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    known = ~np.isnan(values)
    if not known.any():
        return
    label = name.partition("/")[2].replace("->", " → ") or name
    modality = name.replace("->", "/").split("/")[-1]
    color = INK if name == "loss" else color_of(modality)
    x, y = _thinned(steps[known]), _thinned(values[known])
    axes.plot(x, y, color=color, linewidth=1.5, label=label, marker="o" if len(x) < 3 else None)


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of equal stretches, so that a long run stays a light picture."""
    stretches: Sequence[NDArray[np.float64]] = np.array_split(values, min(_POINTS, len(values)))
    return np.array([stretch.mean() for stretch in stretches])
