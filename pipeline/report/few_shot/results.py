"""Accuracies of a few-shot recipe: the table, the bars, and base and novel over the iterations."""

import math
from collections.abc import Sequence
from statistics import fmean, stdev

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.report.few_shot.data import FewShotReportData, LearnedMethod
from pipeline.report.figures import CATEGORICAL, INK, ZERO_SHOT, draw
from pipeline.report.html import Markup, join, table, tag

_COLUMNS = 3  # panels side by side


def accuracy_table(data: FewShotReportData) -> Markup:
    """A line a method: accuracies with their spread over the seeds, what was learned and how long it took."""
    best = {name: max(x for x in shares if not math.isnan(x)) for name, shares in _summary(data).items()}
    head = ["method", *best, "numbers learned", "seconds to learn", "ms a step"]
    rows = []
    for i, method in enumerate(data.methods):
        cells = []
        for name, shares in _summary(data).items():
            if math.isnan(shares[i]):
                cells.append(tag("span", "n/a"))
                continue
            percent = f"{100 * shares[i]:.1f}"
            spread = _spread(data, method, name)
            cells.append(tag("span", tag("b", percent) if shares[i] == best[name] else percent, tag("small", spread)))
        learned = f"{method.trainable:,}" if method.trainable else "–"
        rows.append([method.name, *cells, learned, *_times(method)])
    shown = table(head, rows, numeric=range(1, len(head)), cls="accuracies")
    return join([shown, _about_silence(data), _about_late(data)])


def accuracy_bars(data: FewShotReportData) -> Markup:
    """Bars side by side, a point a seed."""
    names, places = list(_summary(data)), np.arange(len(data.methods))
    height = 0.8 / len(names)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for j, (name, shares) in enumerate(_summary(data).items()):
            y = places + (j - (len(names) - 1) / 2) * height
            axes.barh(y, 100 * np.array(shares), 0.86 * height, color=color_at(j), alpha=0.75, label=name)
            for i, method in enumerate(data.methods):
                seeds = 100 * np.array(_by_seed(data, method, name))
                if len(seeds) > 1:
                    axes.scatter(seeds, np.full(len(seeds), y[i]), s=9, color=INK, linewidths=0, zorder=3)
        axes.set_yticks(places, [method.name for method in data.methods])
        axes.set_ylim(len(places) - 0.4, -0.6)
        axes.set_xlim(0, 100)
        axes.set_xlabel("accuracy, %; a point is a seed")
        axes.grid(axis="y", visible=False)
        figure.legend(loc="outside upper left", ncols=len(names), fontsize=7.5, handlelength=1.2)

    tall = 0.9 + len(places) * max(0.38, 0.14 * len(names))
    return draw(11, tall, paint, "accuracies", "accuracy of every method on every test set")


def iteration_figure(data: FewShotReportData) -> Markup | None:
    """A panel a test set: accuracy after iterations 0..N of the methods that have more than one; 0 is zero-shot."""
    iterated = [m for m in data.methods if len(m.accuracies[0][data.test_sets[0]]) > 1]
    if not iterated:
        return None
    zero_shot = data.methods[0]

    def paint_one(axes: Axes, test_set: str) -> None:
        start = zero_shot.last(test_set)[0]
        axes.set_title(test_set)
        axes.axhline(100 * start, color=ZERO_SHOT, linewidth=0.9, linestyle=(0, (4, 4)))
        for j, method in enumerate(iterated):
            seeds = 100 * np.array([[start, *seed[test_set]] for seed in method.accuracies])
            for line in seeds:
                axes.plot(line, color=color_at(j), linewidth=0.7, alpha=0.35)
            axes.plot(seeds.mean(0), color=color_at(j), linewidth=1.8, marker="o", markersize=4, label=method.name)
        axes.set_xticks(range(1 + max(len(m.accuracies[0][test_set]) for m in iterated)))
        axes.set_xlabel("iteration")
        axes.set_ylabel("accuracy, %")

    lines = -(-len(data.test_sets) // _COLUMNS)

    def paint(figure: Figure) -> None:
        grid = figure.subplots(lines, min(len(data.test_sets), _COLUMNS), squeeze=False).flat
        for axes, test_set in zip(grid, data.test_sets, strict=False):
            paint_one(axes, test_set)
        for axes in list(grid)[len(data.test_sets) :]:
            axes.set_visible(False)
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right upper", fontsize=7.5)

    return draw(11, 2.7 * lines, paint, "iterations", "accuracy after every iteration")


def color_at(number: int) -> str:
    """The colour of a method or a test set, by its number."""
    return CATEGORICAL[number % len(CATEGORICAL)]


def _summary(data: FewShotReportData) -> dict[str, list[float]]:
    """Column -> mean of every method; H and average are of the means."""
    found = {name: [fmean(method.last(name)) for method in data.methods] for name in data.test_sets}
    if data.halved:
        found["H"] = [harmonic(base, novel) for base, novel in zip(*found.values(), strict=True)]
    elif data.others:
        found["average of the others"] = [
            fmean(found[name][i] for name in data.others) for i in range(len(data.methods))
        ]
    return found


def _by_seed(data: FewShotReportData, method: LearnedMethod, column: str) -> list[float]:
    if column in data.test_sets:
        return method.last(column)
    if data.halved:
        return [harmonic(*both) for both in zip(*(method.last(name) for name in data.test_sets), strict=True)]
    return [fmean(seed) for seed in zip(*(method.last(name) for name in data.others), strict=True)]


def harmonic(base: float, novel: float) -> float:
    """2 b n / (b + n); 0 where both are."""
    return 2 * base * novel / (base + novel) if base + novel else 0.0


def _spread(data: FewShotReportData, method: LearnedMethod, column: str) -> str:
    seeds = _by_seed(data, method, column)
    return f" ± {100 * stdev(seeds):.1f}" if len(seeds) > 1 else ""


def _times(method: LearnedMethod) -> Sequence[str]:
    total, step = method.seconds_to_learn, method.seconds_a_step
    return "–" if total is None else f"{total:,.1f}", "–" if step is None else f"{1000 * step:,.1f}"


def _about_silence(data: FewShotReportData) -> Markup | None:
    """Why cells have no figure."""
    why = [f"n/a: {m.name} on {exam}: {reason}." for m in data.methods for exam, reason in m.unanswered.items()]
    return tag("ul", [tag("li", line) for line in why], cls="note") if why else None


def _about_late(data: FewShotReportData) -> Markup | None:
    """Every variant with prompts in the last blocks, beside the first one whose prompts enter at the first."""
    exact = next((method for method in data.methods if method.late is False), None)
    late = [method for method in data.methods if method.late]
    if exact is None or not late:
        return None
    return tag("ul", [tag("li", _beside(data, method, exact)) for method in late], cls="note")


def _beside(data: FewShotReportData, late: LearnedMethod, exact: LearnedMethod) -> str:
    names = [method.name for method in data.methods]
    here, there = names.index(late.name), names.index(exact.name)
    changes = ", ".join(f"{name} {100 * (x[here] - x[there]):+.1f}" for name, x in _summary(data).items())
    changes = changes.replace("-", "−")
    mine, theirs = late.seconds_a_step, exact.seconds_a_step
    speed = f"a step takes {mine / theirs:.2f} of its time; " if mine and theirs else ""
    return f"{late.name} has its prompts in the last blocks only. Beside {exact.name}: {speed}{changes} points."
