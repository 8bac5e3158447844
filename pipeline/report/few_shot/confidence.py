"""Confidence of the true class over the iterations (ProMPT, Figures 6 and 7): all images as bands, a few one by one."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.few_shot.data import Confidences
from pipeline.report.few_shot.results import color_at
from pipeline.report.figures import draw
from pipeline.report.html import Markup, join, table, tag
from pipeline.report.thumbnails import picture_of

_BANDS = ((10, 90, 0.13), (25, 75, 0.25))
_SHOWN = 4

Images = Sequence[tuple[str, Confidences, int]]
"""(test set, its confidences, number of the image)."""


def confidence_section(methods: Mapping[str, Mapping[str, Confidences]]) -> Markup | None:
    """Bands and counts of every method, then single images of the first."""
    if not methods:
        return None
    first, found = next(iter(methods.items()))
    parts = [_bands(methods), _counts(methods), tag("h3", first, tag("small", "single images, after every iteration"))]
    for title, images in _chosen(found).items():
        if images:
            parts += [tag("h4", title), tag("div", [_card(*image) for image in images], cls="cards")]
    return join(parts)


def _bands(methods: Mapping[str, Mapping[str, Confidences]]) -> Markup:
    test_sets = list(next(iter(methods.values())))

    def paint_one(axes: Axes, title: str, found: Confidences, color: str) -> None:
        percent = 100 * found.confidence
        iterations = np.arange(percent.shape[1])
        for low, high, alpha in _BANDS:
            edges = np.percentile(percent, (low, high), axis=0)
            axes.fill_between(iterations, *edges, color=color, alpha=alpha, linewidth=0)
        axes.plot(
            iterations, np.median(percent, axis=0), color=color, linewidth=1, linestyle=(0, (3, 2)), label="median"
        )
        axes.plot(iterations, percent.mean(0), color=color, linewidth=2, marker="o", markersize=4, label="mean")
        axes.set_title(title)
        axes.set_xticks(iterations)
        axes.set_ylim(-2, 102)
        axes.set_xlabel("iteration")

    def paint(figure: Figure) -> None:
        grid = figure.subplots(len(test_sets), len(methods), squeeze=False)
        for column, (name, found) in enumerate(methods.items()):
            for row, test_set in enumerate(test_sets):
                paint_one(grid[row, column], f"{name}: {test_set}", found[test_set], color_at(row))
                if not column:
                    grid[row, column].set_ylabel("confidence, %")
        figure.axes[0].legend(fontsize=7.5, loc="lower right")

    width = min(11.0, 1.2 + 3.4 * len(methods))
    figure = draw(width, 2.5 * len(test_sets), paint, "confidence", "confidence of the true class over the iterations")
    return tag("div", figure, style=f"max-width:{100 * width / 11:.0f}%")


def _counts(methods: Mapping[str, Mapping[str, Confidences]]) -> Markup:
    """Means, and how many images an iteration set right or wrong."""
    rows = []
    for name, found in methods.items():
        for test_set, each in found.items():
            before, after = each.right[:, 0], each.right[:, -1]
            means = " → ".join(f"{100 * share:.1f}" for share in each.confidence.mean(0))
            moved = [int((~before & after).sum()), int((before & ~after).sum())]
            rows.append([name, test_set, f"{len(before):,}", means, *map(str, moved)])
    head = ["method", "test set", "images", "mean confidence by iteration, %", "wrong → right", "right → wrong"]
    return table(head, rows, numeric=[2, 3, 4, 5])


def _chosen(found: Mapping[str, Confidences]) -> dict[str, Images]:
    """A fair sample whatever came of it, then the largest moves both ways."""
    images = [(name, each, i) for name, each in found.items() for i in range(len(each.labels))]
    gains = np.array([each.confidence[i, -1] - each.confidence[i, 0] for _, each, i in images])
    order = np.argsort(-gains, kind="stable")
    fair = [images[k * len(images) // _SHOWN + len(images) // (2 * _SHOWN)] for k in range(min(_SHOWN, len(images)))]
    return {
        "Evenly spread over the list": fair,
        "The largest rise": [images[k] for k in order[:_SHOWN] if gains[k] > 0],
        "The largest fall": [images[k] for k in order[::-1][:_SHOWN] if gains[k] < 0],
    }


def _card(test_set: str, found: Confidences, i: int) -> Markup:
    right, label = found.right[i], found.classes[found.labels[i]]
    bars = [
        _bar(n, float(share), None if right[n] else found.classes[found.predicted[i, n]])
        for n, share in enumerate(found.confidence[i])
    ]
    return tag(
        "figure",
        picture_of(found.paths[i], "image") or tag("div", "no picture", cls="thumb none"),
        tag("figcaption", tag("b", label), tag("div", bars), tag("span", test_set, cls="file")),
        cls="right" if right[-1] else "wrong",
    )


def _bar(iteration: int, share: float, taken_for: str | None) -> Markup:
    said = f"{iteration}: ✓" if taken_for is None else f"{iteration}: taken for {taken_for}"
    return tag(
        "div",
        tag("i", style=f"width:{100 * share:.1f}%"),
        tag("span", said),
        tag("em", f"{100 * share:.0f} %"),
        cls="bar right" if taken_for is None else "bar",
    )
