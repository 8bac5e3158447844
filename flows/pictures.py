"""Small pictures for the page of a run, as PNG."""

import io
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from pipeline.evaluation import EvaluationResult
from pipeline.report.figures import ZERO_SHOT, color_of
from pipeline.training.checkpoint import History

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


def _thinned(values: Sequence[float]) -> list[float]:
    """Means of equal stretches."""
    array = np.asarray(values, float)
    return [float(part.mean()) for part in np.array_split(array, min(_POINTS, len(array)))]


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()
