"""The averages of the few-shot protocol: the harmonic mean of base and novel, over seeds and over data sets.

H = 2 b n / (b + n) is always taken of averages, never averaged itself: of a data set's base and novel accuracy over its seeds,
and of all data sets' base and novel. So are the published tables (80.94 and 74.89 give 77.80). Accuracies are fractions; percent
work as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pipeline.evaluation.errors import EvaluationError


@dataclass(frozen=True)
class BaseNovel:
    """Accuracy on base classes among base names, and on novel classes among novel names."""

    base: float
    novel: float

    @property
    def harmonic(self) -> float:
        """2 b n / (b + n); 0 where both are."""
        return 2 * self.base * self.novel / (self.base + self.novel) if self.base + self.novel else 0.0


@dataclass(frozen=True)
class HarmonicRow:
    """One line of the table.

    Attributes:
        data_set: its name; "average" in the last line.
        methods: method -> its mean over the seeds, or over the data sets in the last line.
    """

    data_set: str
    methods: Mapping[str, BaseNovel]


def mean(values: Sequence[BaseNovel]) -> BaseNovel:
    """Mean base and mean novel, of seeds or of data sets; its H is the H of these means.

    Raises:
        EvaluationError: there is no value.
    """
    if not values:
        raise EvaluationError("an average over base and novel accuracies: none is given. Judge at least one seed.")
    return BaseNovel(fmean(value.base for value in values), fmean(value.novel for value in values))


def harmonic_table(runs: Mapping[str, Mapping[str, Sequence[BaseNovel]]]) -> tuple[HarmonicRow, ...]:
    """Data sets x methods, and the average row.

    Args:
        runs: method -> data set -> one result a seed.

    Raises:
        EvaluationError: a method lacks a data set that another has, so that their averages cannot be compared; or has no seed.
    """
    data_sets = tuple(dict.fromkeys(name for found in runs.values() for name in found))
    for method, found in runs.items():
        _require_all(f"base to novel, {method}", found, data_sets)
    rows = [HarmonicRow(name, {method: mean(found[name]) for method, found in runs.items()}) for name in data_sets]
    averages = {method: mean([row.methods[method] for row in rows]) for method in runs}
    return (*rows, HarmonicRow("average", averages))


def _require_all(what: str, found: Mapping[str, object], expected: Sequence[str]) -> None:
    lacking = [name for name in expected if name not in found]
    if lacking:
        raise EvaluationError(
            f"{what}: the average is over {', '.join(expected)}. Found: {', '.join(found) or 'nothing'}. An average over "
            f"fewer cannot be compared; judge {', '.join(lacking)} too."
        )
