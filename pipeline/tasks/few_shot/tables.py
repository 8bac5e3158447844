"""The accuracies of a few-shot recipe: a table for people, plain values for programs."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.tasks.few_shot.bound import HALVES
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.result import FewShotResult, percent

if TYPE_CHECKING:
    pass

Table = tuple[str, list[str], list[list[str]]]
"""Title, columns, rows."""


def few_shot_table(recipe: FewShotRecipe, result: FewShotResult) -> Table:
    """A line a method, percent: base, novel and their harmonic mean, or a column a data set and their average."""
    title = f"{recipe.name}: accuracy in percent, means over seeds {', '.join(map(str, recipe.seeds))}"
    return (title, *(_halves(result) if recipe.classes == "base" else _data_sets(result)))


def few_shot_values(result: FewShotResult) -> dict[str, Any]:
    """The same as values for JSON, with those of every seed after every iteration; fractions."""
    accuracies, averages = result.accuracies(), result.averages()
    values: dict[str, Any] = {}
    for name, runs in result.runs.items():
        values[name] = {"trainable": result.trainable[name], "accuracies": _known(accuracies[name])}
        if name in result.unanswered:
            values[name]["unanswered"] = dict(result.unanswered[name])
        if name in averages:
            values[name]["average"] = _or_none(averages[name])
        if tuple(accuracies[name]) == HALVES:
            values[name]["harmonic"] = _or_none(result.means()[name].harmonic)
        values[name]["seeds"] = [
            {exam: [_or_none(share) for share in shares] for exam, shares in run.accuracies.items()} for run in runs
        ]
    return values


def _known(accuracies: Mapping[str, float]) -> dict[str, float | None]:
    return {exam: _or_none(share) for exam, share in accuracies.items()}


def _or_none(share: float) -> float | None:
    """JSON has no NaN."""
    return None if math.isnan(share) else share


def _halves(result: FewShotResult) -> tuple[list[str], list[list[str]]]:
    rows = []
    for name, found in result.means().items():
        shares = [percent(share) for share in (found.base, found.novel, found.harmonic)]
        rows.append([name, _count(result, name), *shares, *(_iterations(result, name, half) for half in HALVES)])
    return ["method", "learned", "base", "novel", "H", "base by iteration", "novel by iteration"], rows


def _data_sets(result: FewShotResult) -> tuple[list[str], list[list[str]]]:
    rows, averages = [], result.averages()
    test_sets: list[str] = []
    for name, found in result.accuracies().items():
        test_sets = list(found)
        average = [percent(averages[name])] if averages else []
        rows.append([name, _count(result, name), *map(percent, found.values()), *average])
    return ["method", "learned", *test_sets, *(["average"] if averages else [])], rows


def _count(result: FewShotResult, name: str) -> str:
    return f"{result.trainable[name]:,}"


def _iterations(result: FewShotResult, name: str, test_set: str) -> str:
    """Mean over the seeds after each iteration; nothing for a method that has one."""
    runs: Sequence[tuple[float, ...]] = [run.accuracies[test_set] for run in result.runs[name]]
    means = [sum(column) / len(column) for column in zip(*runs, strict=True)]
    return " → ".join(map(percent, means)) if len(means) > 1 else ""
