"""F over the threshold from which on a pixel counts as sounding."""

from matplotlib.figure import Figure

from pipeline.evaluation.masks import thresholds
from pipeline.report.av_masks.data import MasksReportData
from pipeline.report.figures import CATEGORICAL, MUTED, draw
from pipeline.report.html import Markup


def threshold_picture(data: MasksReportData) -> Markup | None:
    """A line a method, the published one thicker; what needs no model is dashed. None where there is nothing to show."""
    if not data.curves:
        return None
    at, methods = thresholds(), [method.name for method in data.methods]
    plain = [name for name in data.curves if name not in methods]

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for place, name in enumerate(methods):
            width = 2.4 if name == data.published else 1.3
            color = CATEGORICAL[place % len(CATEGORICAL)]
            axes.plot(at, [100 * value for value in data.curves[name]], color=color, linewidth=width, label=name)
        for place, name in enumerate(plain):
            dashes = (0, (1 + 3 * place, 2))
            axes.plot(
                at, [100 * value for value in data.curves[name]], color=MUTED, linewidth=1, linestyle=dashes, label=name
            )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 100)
        axes.set_xlabel("a pixel sounds if it is so probable")
        axes.set_ylabel("F, %")
        figure.legend(loc="outside right center", fontsize=8)

    alt = "; ".join(f"{name} at most {100 * max(data.curves[name]):.1f} %" for name in data.curves)
    return draw(9, 3.2, paint, "masks-thresholds", f"F over thresholds: {alt}")
