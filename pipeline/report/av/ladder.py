"""The ladder with intervals, and what each variant costs."""

from matplotlib.figure import Figure

from pipeline.report.av.data import AvReportData, ShownMethod
from pipeline.report.figures import CATEGORICAL, INK, MUTED, draw
from pipeline.report.html import Markup, join, table, tag


def figures_table(data: AvReportData) -> Markup:
    """Every method with its intervals, then what needs no model; and what must be said beside them."""
    shown = table(data.head, data.rows, numeric=range(1, len(data.head)), cls="accuracies")
    notes = tag("ul", [tag("li", line) for line in data.remarks], cls="note") if data.remarks else None
    return join([shown, notes])


def ladder_picture(data: AvReportData, what: str) -> Markup:
    """A point a rung, lowest on top, with its 95 % interval of a figure; the line is the first rung."""
    methods = data.methods

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.axvline(100 * methods[0].main.value, color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
        for place, method in enumerate(methods):
            own = CATEGORICAL[0] if method.name == data.published else MUTED
            found = method.main
            axes.hlines(place, 100 * found.low, 100 * found.high, color=own, linewidth=2.6, alpha=0.5)
            axes.scatter([100 * found.value], [place], s=36, color=own, zorder=3)
            axes.annotate(
                f"{100 * found.value:.1f}", (1.01, place), xycoords=("axes fraction", "data"), va="center", fontsize=8,
                color=INK,
            )  # fmt: skip
        axes.set_yticks(range(len(methods)), [method.name for method in methods])
        axes.set_ylim(len(methods) - 0.4, -0.6)
        axes.set_xlabel(f"{what}, %")
        axes.grid(axis="y", visible=False)

    alt = "; ".join(f"{m.name} {100 * m.main.value:.1f} %" for m in methods)
    return draw(9, 0.9 + 0.3 * len(methods), paint, "ladder", f"{what}: {alt}")


def cost_table(data: AvReportData) -> Markup:
    """What each method learns, reads and takes."""
    slowest = max((method.seconds_a_step or 0.0 for method in data.methods), default=0.0)
    rows = [[method.name, method.learned_with, *_numbers(method), *_time(method, slowest)] for method in data.methods]
    head = [
        "method",
        "what",
        "numbers learned",
        "beside the head",
        "the paper",
        "read of the store",
        "a step",
        "of the slowest's",
    ]
    return table(head, rows, numeric=range(2, len(head)))


def _numbers(method: ShownMethod) -> list[str]:
    whole, head = sum(method.numbers.values()), method.numbers.get("head", 0)
    paper = "–" if method.paper is None else f"{method.paper / 1e6:.1f} M"
    return [f"{whole:,}", f"{whole - head:,}", paper, f"{method.stored / 1e6:,.1f} MB"]


def _time(method: ShownMethod, slowest: float) -> list[str]:
    if not method.seconds_a_step:
        return ["–", "–"]
    return [f"{1000 * method.seconds_a_step:,.1f} ms", f"{method.seconds_a_step / slowest:.1%}"]
