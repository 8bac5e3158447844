"""How each kind of question is answered: every method a point with its interval, what needs no model a line."""

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pipeline.report.av_questions.data import QuestionsReportData
from pipeline.report.figures import CATEGORICAL, MUTED, WRONG, draw
from pipeline.report.html import Markup

_MOST = 8
"""Methods in one picture: more cannot be told apart."""


def kinds_picture(data: QuestionsReportData) -> Markup | None:
    """A line a kind of question; None where there is one kind only."""
    methods = data.methods[:_MOST]
    kinds = list(next(iter(data.scores.values()), {}))
    if len(kinds) < 2:
        return None
    spread, colors = 0.7 / max(len(methods), 1), CATEGORICAL[: len(methods)]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for row, kind in enumerate(kinds):
            best = max((shares[kind] for shares in data.beside.values()), default=float("nan"))
            axes.vlines(100 * best, row - 0.42, row + 0.42, color=WRONG, linewidth=1.2, linestyle=(0, (3, 3)))
            for place, method in enumerate(methods):
                found, color = data.scores[method.name][kind], colors[place]
                y = row + (place - (len(methods) - 1) / 2) * spread
                axes.hlines(y, 100 * found.low, 100 * found.high, color=color, linewidth=2.2, alpha=0.45)
                own = method.name == data.published
                axes.scatter([100 * found.value], [y], s=34 if own else 18, color=color, zorder=3)
        axes.set_yticks(range(len(kinds)), kinds)
        axes.set_ylim(len(kinds) - 0.4, -0.6)
        axes.set_xlabel("answered rightly, %")
        axes.tick_params(axis="x", colors=MUTED)
        axes.grid(axis="y", visible=False)
        names = [f"{m.name} (published)" if m.name == data.published else m.name for m in methods]
        dots = [Line2D([], [], color=color, marker="o", linewidth=2) for color in colors]
        line = Line2D([], [], color=WRONG, linewidth=1.2, linestyle=(0, (3, 3)))
        figure.legend([*dots, line], [*names, "best without a look"], loc="outside right upper")

    told = "; ".join(f"{kind} {100 * data.scores[data.published][kind].value:.0f} %" for kind in kinds)
    return draw(
        11, 0.9 + len(kinds) * max(0.3, 0.11 * len(methods)), paint, "questions-kinds", f"{data.published}: {told}"
    )
