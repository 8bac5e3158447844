"""How far a run's probabilities can be trusted: accuracy against confidence, a panel a modality."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.evaluation import EvaluationResult, ModalityResult
from pipeline.evaluation.held_out import SeveralClasses
from pipeline.evaluation.result import Calibration
from pipeline.evaluation.tables import several_told
from pipeline.report.figures import INK, MUTED, color_of, draw
from pipeline.report.html import Markup, details, join, table, tag

_BARS = (
    "Answers by how probable they are held: bars are how many of them are right, stronger where there are more, and lines are "
    "what was expected. Where probabilities can be believed both are equal."
)
_SIZE, _PIXELS = 2.7, 330  # of a panel: inches as it is drawn, pixels at most as it is shown


def surety_figure(result: EvaluationResult) -> Markup | None:
    """The published classifier's reliability, and what is told of files that show several classes; None without files."""
    shown = [(modality, found) for modality in result.modalities if (found := _calibration(modality)) is not None]
    told = [tag("li", _told(modality, found)) for modality, found in shown]
    told += [tag("li", _untold(each)) for each in result.modalities if each.rows and not each.single_label]
    tables = [_thresholds(each, each.several) for each in result.modalities if each.several and each.several.thresholds]
    pictures = [_picture(shown)] if shown else []
    return join([*pictures, tag("ul", told, cls="note"), *tables]) if told or tables else None


def _picture(shown: list[tuple[ModalityResult, Calibration]]) -> Markup:

    def paint(figure: Figure) -> None:
        for axes, (modality, found) in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
            _panel(axes, modality, found)

    alt = "; ".join(f"{m.modality} off by {100 * found.error:.1f} points" for m, found in shown)
    picture = draw(_SIZE * len(shown) + 0.4, _SIZE + 0.3, paint, "surety", f"accuracy against confidence: {alt}")
    return join([tag("p", _BARS, cls="note"), tag("div", picture, style=f"max-width:{_PIXELS * len(shown)}px")])


def _thresholds(modality: ModalityResult, found: SeveralClasses) -> Markup:
    rows = [
        [label, f"{threshold:.2f}", "–" if f1 is None else f"{100 * f1:.1f}"]
        for label, threshold, f1 in zip(modality.labels, found.thresholds, found.f1, strict=True)
    ]
    head = ["class", "named from", "F1, %"]
    return details(f"{modality.modality}: threshold and F1 of every class", table(head, rows, numeric=[1, 2]))


def _calibration(modality: ModalityResult) -> Calibration | None:
    method = modality.published
    return method.calibration if method is not None and method.calibration and method.calibration.bins else None


def _panel(axes: Axes, modality: ModalityResult, found: Calibration) -> None:
    axes.set_title(modality.modality)
    axes.plot([0, 100], [0, 100], color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
    total = sum(files for files, _, _ in found.bins)
    width = 100 / len(found.bins)
    for place, (files, confidence, accuracy) in enumerate(found.bins):
        if files:
            left, color = place * width, color_of(modality.modality)
            axes.bar(
                left, 100 * accuracy, width * 0.92, align="edge", color=color, alpha=min(0.2 + 0.8 * files / total, 1.0)
            )
            axes.hlines(100 * confidence, left, left + width * 0.92, color=INK, linewidth=1.2)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 102)
    axes.set_xlabel("probability of the answer, %")
    axes.set_ylabel("right, %")


def _told(modality: ModalityResult, found: Calibration) -> str:
    fitted = "not fitted" if found.fitted_to == "nothing" else f"fitted to {found.files:,} {found.fitted_to}"
    return (
        f"{modality.modality}: temperature {found.temperature:.3g}, {fitted}; off by {100 * found.error:.1f} points on average "
        f"(expected calibration error), negative log-likelihood {found.likelihood:.2f}."
    )


def _untold(modality: ModalityResult) -> str:
    if modality.several is not None:
        return f"{modality.modality}: {several_told(modality.several)}."
    return (
        f"{modality.modality}: files show several classes, so what `predict` ranks by is no probability; hold labels out to have "
        "one of each class: data: {hold_out: 0.2}."
    )
