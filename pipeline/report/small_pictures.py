"""Small pictures for the page that a service has for a run, as PNG."""

import io
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.report.figures import CATEGORICAL

_literal = rc_context({"text.parse_math": False})  # a method may be called "$100"
_POINTS = 300  # more cannot be told apart at this width


@_literal
def loss_curves(losses: Mapping[str, Sequence[float]]) -> bytes:
    """The loss of every method over its training steps; a single one has no legend."""
    figure = Figure(figsize=(6.5, 2.8), layout="constrained")
    axes = figure.subplots()
    for j, (name, loss) in enumerate(losses.items()):
        steps = _thinned(range(1, len(loss) + 1))
        color = CATEGORICAL[j % len(CATEGORICAL)]
        marker = "o" if len(steps) < 3 else None
        axes.plot(steps, _thinned(loss), linewidth=1.5, color=color, label=name, marker=marker)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.grid(alpha=0.3)
    if len(losses) > 1:
        figure.legend(loc="outside right upper", fontsize=7)
    return _png(figure)


@_literal
def bars(names: Sequence[str], groups: Mapping[str, Sequence[float]], colors: Sequence[str] | None = None) -> bytes:
    """Bars in percent.

    Args:
        names: of the rows.
        groups: bars side by side in each row: name -> a fraction a row. A single one has no legend.
        colors: of the rows, where there is a single group.
    """
    rows, height = np.arange(len(names)), 0.8 / len(groups)
    figure = Figure(figsize=(6.5, 0.9 + len(names) * max(0.32, 0.2 * len(groups))), layout="constrained")
    axes = figure.subplots()
    for j, (group, shares) in enumerate(groups.items()):
        y = rows + (j - (len(groups) - 1) / 2) * height
        color = colors or CATEGORICAL[j % len(CATEGORICAL)]
        drawn = axes.barh(y, [100 * share for share in shares], 0.9 * height, color=color, label=group)
        axes.bar_label(drawn, fmt="%.1f", padding=3, fontsize=7)
    axes.set_yticks(rows, list(names), fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 110)
    if len(groups) > 1:
        figure.legend(loc="outside upper left", ncols=4, fontsize=7)
    return _png(figure)


def _thinned(values: Sequence[float]) -> list[float]:
    """Means of equal stretches."""
    array = np.asarray(values, float)
    return [float(part.mean()) for part in np.array_split(array, min(_POINTS, len(array)))]


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
