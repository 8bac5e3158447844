"""t-SNE pictures of how prompts and files spread while the method learns (TaAM-CPT, figures 5 and 6).

Every step is laid out on its own, as in the paper, but starts from the layout of the step after it, so that a group
keeps its place from picture to picture. The layout depends on the data only.

Dims: N columns, n files, C classes of a modality, d width.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pipeline.evaluation.similarity import Floats, cosine_scores, unit_rows
from pipeline.labels.candidates import MODALITIES
from pipeline.report.data import ReportData
from pipeline.report.figures import CATEGORICAL, INK, MUTED, bare, color_of, draw
from pipeline.report.html import Markup, join, tag
from pipeline.report.named_map import named_map

_ABREAST = 4  # pictures in one row
_COLUMNS = 80  # of each pool; three pools make 240 points
_CLASSES = 20  # as in the paper's figures
_FILES = 80
_LEAST = 5  # fewer points make no picture
LEAST_MAPPED = 16
"""Fewest prompts of a map: t-SNE's perplexity is a third of the others, and below 5 (its authors' least) places mean nothing."""
_ITERATIONS = 300  # 250 of them with exaggerated attraction; more change little at this number of points

T = TypeVar("T")
Layout = NDArray[np.float64]


def prompt_figure(data: ReportData) -> Markup | None:
    """The prompts of all pools at several steps, coloured by pool (figure 6), and where they end, with names.

    None where there are fewer than `LEAST_MAPPED` points: such a map says nothing that their names do not.
    """
    snapshots = evenly(data.snapshots, data.pictures)
    if not snapshots:
        return None
    pools = [modality for modality in MODALITIES if modality in snapshots[0][1]]
    chosen = evenly(range(len(data.columns)), _COLUMNS)
    if len(chosen) * len(pools) < LEAST_MAPPED:
        return None
    one_width = len({snapshots[0][1][m].shape[1] for m in pools}) == 1
    points = [np.concatenate([_compared(pool[m], one_width)[chosen] for m in pools]) for _, pool in snapshots]
    colors = np.repeat([color_of(m) for m in pools], len(chosen))
    own = np.array([data.columns[i].modality == m for m in pools for i in chosen])
    found = layouts(points)

    def paint(figure: Figure) -> None:
        panels = _panels(figure, len(snapshots))
        for axes, (step, _), layout in zip(panels, snapshots, found, strict=True):
            _frame(axes, step)
            axes.scatter(layout[~own, 0], layout[~own, 1], s=9, c=colors[~own], alpha=0.35, linewidths=0)
            axes.scatter(layout[own, 0], layout[own, 1], s=20, c=colors[own], linewidths=0.4, edgecolors="white")

    picture = draw(11, _height(len(snapshots)), paint, "prompts", "t-SNE of the prompt pools at several training steps")
    first = points[0].reshape(len(pools), len(chosen), -1)
    same = len(pools) > 1 and one_width and bool((first == first[:1]).all())
    names = [data.columns[i].label for m in pools for i in chosen if data.columns[i].modality == m]
    return tag(
        "div",
        picture,
        _legend([(f"{m} pool", color_of(m)) for m in pools]),
        tag("p", f"{len(chosen)} of {len(data.columns)} columns." if len(chosen) < len(data.columns) else None,
            " At the first step the pools are one and the same draw: their points lie on each other." if same else None,
            None if one_width else " The pools differ in width, so a point is how a class resembles the others in its pool.",
            cls="note"),
        named_map(found[-1][own], names, colors[own].tolist()),
    )  # fmt: skip


def _compared(pool: Floats, one_width: bool) -> Floats:
    return unit_rows(pool) if one_width else cosine_scores(pool, pool)


def sample_figures(data: ReportData) -> list[Markup]:
    """Files by their similarity with the class prompts, coloured by class (figure 5), one figure a modality."""
    figures = [_sample_figure(data, m) for m in MODALITIES if m in data.features and m in data.targets]
    return [figure for figure in figures if figure is not None]


def _sample_figure(data: ReportData, modality: str) -> Markup | None:
    snapshots = [(step, pools[modality]) for step, pools in evenly(data.snapshots, data.pictures) if modality in pools]
    targets = data.targets[modality]
    classes = evenly(np.flatnonzero(targets.any(axis=0)).tolist(), _CLASSES)
    first = np.where(targets.any(axis=1), targets.argmax(axis=1), -1)
    rows = evenly(np.flatnonzero(np.isin(first, classes)).tolist(), _FILES)
    if not snapshots or len(rows) < max(_LEAST, 2 * len(classes)):  # groups of one are no groups
        return None
    own = [i for i, column in enumerate(data.columns) if column.modality == modality]
    labels = [data.columns[i].label for i in own]
    features = data.features[modality][rows]
    points = [cosine_scores(features, pool[own]) for _, pool in snapshots]
    place = {c: i for i, c in enumerate(classes)}
    colors = [CATEGORICAL[place[c]] for c in first[rows]]

    def paint(figure: Figure) -> None:
        panels = _panels(figure, len(snapshots))
        for axes, (step, _), layout in zip(panels, snapshots, layouts(points), strict=True):
            _frame(axes, step)
            axes.scatter(layout[:, 0], layout[:, 1], s=16, c=colors, linewidths=0.4, edgecolors="white")

    picture = draw(
        11,
        _height(len(snapshots)),
        paint,
        f"samples-{modality}",
        f"t-SNE of {modality} files at several training steps",
    )
    shown = f"{len(rows)} of {len(first)} files, {len(classes)} of {targets.shape[1]} classes"
    return tag(
        "div",
        tag("h3", modality, tag("small", shown)),
        picture,
        _legend([(labels[c], CATEGORICAL[place[c]]) for c in classes]),
    )


def layouts(points: Sequence[Floats]) -> list[Layout]:
    """Two coordinates for every row of every step, the last step's laid out first."""
    done: list[Layout] = []
    for step in reversed(points):
        done.insert(0, _layout(step, done[0] if done else None))
    return done


def evenly(items: Sequence[T], limit: int) -> list[T]:
    """At most `limit` of the items, spread evenly, the first and the last among them."""
    if len(items) <= limit:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, limit).round().astype(int)]


def _layout(points: Floats, start: Layout | None) -> Layout:
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    points, first, place = np.unique(np.asarray(points, np.float64), axis=0, return_index=True, return_inverse=True)
    if len(points) < _LEAST or np.ptp(points, axis=0).max() < 1e-6:  # (nearly) one vector everywhere: nothing to spread
        return np.zeros((len(place), 2))
    start = None if start is None else start[first]
    if start is None or not np.ptp(start):
        start = PCA(2, svd_solver="full").fit_transform(points) if points.shape[1] > 1 else np.repeat(points, 2, 1)
    start = start / max(float(start[:, 0].std()), 1e-12) * 1e-4
    perplexity = min(15.0, (len(points) - 1) / 3)
    tsne = TSNE(
        perplexity=perplexity, init=start.astype(np.float32), method="exact", max_iter=_ITERATIONS, random_state=0
    )
    return np.asarray(tsne.fit_transform(points), np.float64)[place]  # equal rows lie on each other


def _panels(figure: Figure, count: int) -> list[Axes]:
    """A place for each picture, `_ABREAST` in a row; what the last row has too many is left empty."""
    rows = -(-count // _ABREAST)
    places = figure.subplots(rows, min(count, _ABREAST), squeeze=False).ravel().tolist()
    for axes in places[count:]:
        axes.set_axis_off()
    return list(places[:count])


def _height(count: int) -> float:
    return 2.5 * -(-count // _ABREAST)


def _frame(axes: Axes, step: int) -> None:
    bare(axes)
    axes.set_title(f"step {step:,}", color=INK if step else MUTED)
    axes.margins(0.08)


def _legend(entries: list[tuple[str, str]]) -> Markup:
    return tag(
        "p", join(tag("span", tag("i", style=f"background:{color}"), name) for name, color in entries), cls="legend"
    )
