"""What learning added, rung by rung: the first picture of a report."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.evaluation import EvaluationResult, MethodResult, ModalityResult
from pipeline.evaluation.tables import METRIC_NAMES
from pipeline.report.figures import INK, MUTED, ZERO_SHOT, color_of, draw
from pipeline.report.html import Markup, join, tag

_ROW = 0.24  # inches


def ladder_figure(result: EvaluationResult) -> Markup | None:
    """A panel a modality: every rung's gain over the better zero-shot baseline with its 95 % interval, the lowest rung on top.

    None where no method was compared with zero-shot.
    """
    shown = [modality for modality in result.modalities if _rungs(modality)]
    if not shown:
        return None
    pictures = [_picture(modality) for modality in shown]
    legend = tag(
        "p",
        tag("span", tag("i", style=f"background:{color_of(shown[0].modality)}"), "published"),
        tag("span", tag("i", style=f"background:{ZERO_SHOT}"), "other rungs"),
        tag("span", tag("i", cls="hollow"), "judged all files together"),
        " Bars are 95 % intervals of a paired bootstrap over files; at the right what the rung reaches.",
        cls="legend",
    )
    return join([tag("h4", "What did learning add?"), legend, tag("div", pictures, cls="ladder")])


def _rungs(modality: ModalityResult) -> list[MethodResult]:
    return [method for method in modality.methods if method.over_zero_shot is not None]


def _picture(modality: ModalityResult) -> Markup:
    rungs, color = _rungs(modality), color_of(modality.modality)
    metric = METRIC_NAMES[modality.primary]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.set_title(f"{modality.modality}: points of {metric} over zero-shot")
        axes.axvline(0, color=MUTED, linewidth=1)
        for place, method in enumerate(rungs):
            _rung(axes, place, method, color, method.metrics[modality.primary])
        axes.set_yticks(range(len(rungs)), [method.name for method in rungs])
        for label, method in zip(axes.get_yticklabels(), rungs, strict=True):
            label.set_color(INK if method.published else MUTED)
            label.set_fontweight("bold" if method.published else "normal")
        axes.set_ylim(len(rungs) - 0.4, -0.6)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        ends = np.array([[100 * m.over_zero_shot.low, 100 * m.over_zero_shot.high] for m in rungs if m.over_zero_shot])
        room = max(np.ptp(ends), 2.0)
        axes.set_xlim(min(ends.min(), 0) - 0.04 * room, max(ends.max(), 0) + 0.04 * room)

    alt = "; ".join(f"{m.name} {100 * m.over_zero_shot.difference:+.1f}" for m in rungs if m.over_zero_shot)
    height = 0.55 + _ROW * len(rungs)
    return draw(7.6, height, paint, f"ladder-{modality.modality}", f"{modality.modality}, points over zero-shot: {alt}")


def _rung(axes: Axes, place: int, method: MethodResult, color: str, reached: float) -> None:
    gain = method.over_zero_shot
    assert gain is not None
    own = color if method.published else ZERO_SHOT
    axes.hlines(place, 100 * gain.low, 100 * gain.high, color=own, linewidth=2.4, alpha=0.5)
    together = method.kind == "transductive"
    face = "white" if together else own
    axes.scatter([100 * gain.difference], [place], s=34, color=face, edgecolors=own, linewidths=1.5, zorder=3)
    axes.annotate(
        f"{100 * reached:.1f}", (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8,
        color=INK if method.published else MUTED,
    )  # fmt: skip
