"""What training changed class by class, and which classes are taken for each other."""

import numpy as np
from matplotlib.figure import Figure

from pipeline.evaluation import ModalityResult
from pipeline.evaluation.metrics import Bools, confusion_matrix, confusions
from pipeline.evaluation.similarity import Floats
from pipeline.evaluation.tables import class_gains
from pipeline.report.data import ReportData
from pipeline.report.figures import LINE, WRONG, ZERO_SHOT, color_of, draw
from pipeline.report.html import Markup, details, table, tag

_SHOWN = 40  # classes in the picture; the table below it has all
_CELLS = 32  # classes in the matrix
_LARGE = 17  # beyond this its cells are small
_MIXED_UP = 10


def class_section(data: ReportData, modality: ModalityResult) -> Markup | None:
    """Zero-shot against what is published for every class, and the confusions of that."""
    baseline, trained = modality.best("zero-shot"), modality.published
    if baseline is None or trained is None:
        return None
    gains = class_gains(modality, [baseline, trained])
    known = [(label, values[0], values[1]) for label, _, values in gains if len(values) == 2]
    rows = [(label, f"{n}", *(_percent(values))) for label, n, values in gains]
    head = ["class", "files", baseline.name, trained.name, "gain"]
    scores = data.scores.get(modality.modality, {}).get(trained.name)
    return tag(
        "div",
        tag("h3", modality.modality, tag("small", _what(modality))),
        tag(
            "div",
            tag("div", _dumbbells(modality.modality, known, baseline.name, trained.name)),
            tag("div", _confusions(modality, scores, data.targets[modality.modality]))
            if scores is not None and modality.modality in data.targets
            else None,
            cls="halves",
        ),
        details("All classes as a table", table(head, rows, numeric=range(1, 5))),
    )


def _what(modality: ModalityResult) -> str:
    measure = "accuracy" if modality.primary == "top1" else "average precision"
    empty = len(modality.empty_classes)
    return f"{measure} per class, %" + (f"; {empty} classes without a file are left out" if empty else "")


def _dumbbells(modality: str, gains: list[tuple[str, float, float]], before: str, after: str) -> Markup:
    cut = len(gains) > _SHOWN
    shown = gains[: _SHOWN // 2] + gains[-_SHOWN // 2 :] if cut else gains
    color = color_of(modality)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        places = np.arange(len(shown))
        first, last = (100 * np.array([row[i] for row in shown]) for i in (1, 2))
        lines = np.where(last >= first, color, ZERO_SHOT).tolist()
        axes.hlines(places, first, last, color=lines, linewidth=2.2, alpha=0.45)
        axes.scatter(first, places, s=30, color="white", edgecolors=ZERO_SHOT, linewidths=1.5, zorder=3)
        axes.scatter(last, places, s=32, color=color, zorder=4)
        if cut:
            axes.axhline(_SHOWN // 2 - 0.5, color=ZERO_SHOT, linewidth=0.8, linestyle=(0, (4, 4)))
        axes.set_yticks(places, [_short(row[0]) for row in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(-3, 103)
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.spines["bottom"].set_color(LINE)

    note = f" The {_SHOWN // 2} largest gains and the {_SHOWN // 2} largest losses." if cut else ""
    legend = tag(
        "p",
        tag("span", tag("i", cls="hollow"), before),
        tag("span", tag("i", style=f"background:{color}"), after),
        note,
        cls="legend",
    )
    picture = draw(5.4, 0.5 + 0.21 * len(shown), paint, f"classes-{modality}", f"{modality}: {before} against {after}")
    return tag("div", tag("h4", "Before and after training"), legend, picture)


def _confusions(modality: ModalityResult, scores: Floats, targets: Bools) -> Markup:
    judged = targets.any(axis=1)
    pairs, counts = confusions(scores[judged], targets[judged])
    wrong = np.flatnonzero(pairs[:, 0] != pairs[:, 1])
    worst = wrong[np.argsort(-counts[wrong], kind="stable")[:_MIXED_UP]]
    mixed = [
        (modality.labels[i], modality.labels[j], f"{n}") for (i, j), n in zip(pairs[worst], counts[worst], strict=True)
    ]
    title = "Confusions of the trained classifier" if modality.single_label else "True against predicted classes"
    note = None if modality.single_label else "As many classes are predicted as a file has; every pair counts."
    right = color_of(modality.modality)
    few = scores.shape[1] <= _CELLS
    matrix = confusion_matrix(scores[judged], targets[judged]) if few else None
    told = table(["true", "predicted", "files"], mixed, numeric=[2]) if mixed else tag("p", "None: all are right.")
    return tag(
        "div",
        tag("h4", title),
        tag("p", note, cls="note") if note else None,
        None if matrix is None else _grid(matrix, modality.labels, right, WRONG if modality.single_label else right),
        details("Most frequent mistakes", told, opened=not few),
    )


def _grid(matrix: np.ndarray, labels: tuple[str, ...], right: str, wrong: str) -> Markup:
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    head = tag("tr", tag("th", "true ↓  predicted →", cls="corner"), [tag("th", tag("b", _short(x))) for x in labels])
    every = range(len(matrix))
    rows = [
        tag(
            "tr",
            tag("th", _short(labels[i])),
            [_cell(matrix[i, j], share[i, j], right if i == j else wrong, i == j) for j in every],
        )
        for i in every
    ]
    return tag("div", tag("table", head, rows, cls="grid" if len(matrix) <= _LARGE else "grid small"), cls="scroll")


def _cell(count: int, share: float, color: str, right: bool) -> Markup:
    if not count:
        return tag("td", cls="right" if right else None)
    strength = round(100 * (0.12 + 0.88 * share))
    style = f"background:color-mix(in srgb,{color} {strength}%,var(--paper))" + (
        ";color:white" if strength > 55 else ""
    )
    return tag("td", str(count), cls="right" if right else None, style=style)


def _percent(values: list[float]) -> list[str]:
    if len(values) < 2:
        return ["–"] * 3
    return [f"{100 * values[0]:.1f}", f"{100 * values[1]:.1f}", f"{100 * (values[1] - values[0]):+.1f}"]


def _short(label: str, limit: int = 22) -> str:
    return label if len(label) <= limit else label[: limit - 1] + "…"
