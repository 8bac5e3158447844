"""Figures that are means over files, of methods that were judged on the same ones, with paired bootstrap intervals.

Dims: n files.
"""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from pipeline.evaluation.intervals import Interval, drawn_means, interval, of_one

Values = Mapping[str, NDArray[Any]]
"""Method -> what it reaches on every file (n,)."""


def mean_figure(values: Values, name: str, least: float = 0.0) -> Interval:
    """A method's mean; NaN without a file. Of one file, anything from the least value to 1 is possible."""
    own = values[name]
    if not len(own):
        return Interval(*[float("nan")] * 3)
    if len(own) == 1:
        return of_one(float(own[0]), least)
    return Interval(float(own.mean()), *interval(drawn_means({name: own})[name]))


def mean_difference(values: Values, name: str, other: str) -> Interval:
    """What a method has more than another, file by file; NaN without a file."""
    more = {name: values[name] - values[other]}
    return mean_figure(more, name, least=-1.0)
