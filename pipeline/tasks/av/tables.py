"""Lines of the tables of runs of clips."""

from collections.abc import Callable, Iterable
from typing import Any

from pipeline.evaluation.figure_words import points
from pipeline.tasks.av.result import AvResult, MethodFigures


def method_lines(found: AvResult[Any], figures: Callable[[MethodFigures], Iterable[str]]) -> list[list[str]]:
    """A line a method: its name, how many numbers it learns, its figures, what it has over the first one and the one before.

    Args:
        found: the result.
        figures: of a method, as the table shows them.
    """
    return [
        [
            f"{each.name} (published)" if each.name == found.published else each.name,
            f"{sum(each.numbers.values()):,}",
            *figures(each),
            points(each.over_first),
            points(each.over_before),
        ]
        for each in found.methods
    ]
