"""Small pictures for the page of a run, as PNG."""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.evaluation import EvaluationResult
from pipeline.report.figures import CATEGORICAL, ZERO_SHOT, color_of
from pipeline.training.checkpoint import History

if TYPE_CHECKING:
    from pipeline.tasks.few_shot.result import FewShotResult

_literal = rc_context({"text.parse_math": False})  # a method may be called "$100"
_POINTS = 300  # more cannot be told apart at this width


def loss_curve(history: History) -> bytes:
    """The total loss over the training steps."""
    figure = Figure(figsize=(6, 2.6), layout="constrained")
    axes = figure.subplots()
    steps, loss = (_thinned(history[name]) for name in ("step", "loss"))
    axes.plot(steps, loss, linewidth=1.5, marker="o" if len(steps) < 3 else None)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    return _png(figure)


def method_bars(result: EvaluationResult) -> bytes:
    """Every method of every modality by the metric that counts there, in percent."""
    bars = [
        (f"{m.modality}: {method.name} ({m.primary})", 100 * method.metrics[m.primary], method.kind, m.modality)
        for m in result.modalities
        for method in m.methods
        if m.primary in method.metrics
    ]
    figure = Figure(figsize=(6.5, 0.6 + 0.32 * len(bars)), layout="constrained")
    axes = figure.subplots()
    colors = [color_of(modality) if kind == "trained" else ZERO_SHOT for _, _, kind, modality in bars]
    drawn = axes.barh(np.arange(len(bars)), [bar[1] for bar in bars], color=colors)
    axes.bar_label(drawn, fmt="%.1f", padding=3, fontsize=8)
    axes.set_yticks(np.arange(len(bars)), [bar[0] for bar in bars], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 110)
    return _png(figure)


@_literal
def few_shot_bars(result: "FewShotResult") -> bytes:
    """Mean accuracy of every method on every test set, in percent."""
    found = result.accuracies()
    test_sets = list(next(iter(found.values())))
    rows, height = np.arange(len(found)), 0.8 / len(test_sets)
    figure = Figure(figsize=(6.5, 0.9 + len(found) * max(0.32, 0.2 * len(test_sets))), layout="constrained")
    axes = figure.subplots()
    for j, test_set in enumerate(test_sets):
        y = rows + (j - (len(test_sets) - 1) / 2) * height
        shares = [100 * accuracies[test_set] for accuracies in found.values()]
        drawn = axes.barh(y, shares, 0.9 * height, color=CATEGORICAL[j % len(CATEGORICAL)], label=test_set)
        axes.bar_label(drawn, fmt="%.1f", padding=3, fontsize=7)
    axes.set_yticks(rows, list(found), fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 110)
    figure.legend(loc="outside upper left", ncols=4, fontsize=7)
    return _png(figure)


@_literal
def few_shot_losses(losses: Mapping[str, Sequence[Sequence[float]]]) -> bytes:
    """The loss of every method over its steps, the mean of its seeds."""
    figure = Figure(figsize=(6.5, 2.8), layout="constrained")
    axes = figure.subplots()
    for j, (name, seeds) in enumerate((name, seeds) for name, seeds in losses.items() if len(seeds[0])):
        mean = np.mean(np.asarray(seeds, float), axis=0)
        steps = _thinned(range(1, len(mean) + 1))
        axes.plot(steps, _thinned(mean.tolist()), linewidth=1.5, color=CATEGORICAL[j % len(CATEGORICAL)], label=name)
    axes.set_xlabel("step")
    axes.set_ylabel("loss")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize=7)
    return _png(figure)


def _thinned(values: Sequence[float]) -> list[float]:
    """Means of equal stretches."""
    array = np.asarray(values, float)
    return [float(part.mean()) for part in np.array_split(array, min(_POINTS, len(array)))]


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
