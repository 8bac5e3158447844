"""Figures of a run of clips as plain values for programs; fractions, null where nothing can be said."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.evaluation.intervals import Interval
from pipeline.tasks.av.result import AvResult


def values_of(found: AvResult[Any], beside: Callable[[Any], Mapping[str, float]]) -> dict[str, Any]:
    """All of them.

    Args:
        found: the result.
        beside: the figures of what needs no model.
    """
    return {
        "methods": {
            each.name: {
                "numbers": dict(each.numbers),
                **{name: interval_values(scores) for name, scores in each.scores.items()},
                "over_first": None if each.over_first is None else interval_values(each.over_first),
                "over_before": None if each.over_before is None else interval_values(each.over_before),
                "seeds": list(each.seeds),
                "epochs": list(each.epochs),
            }
            for each in found.methods
        },
        "beside": {
            name: {figure: known(share) for figure, share in beside(scores).items()}
            for name, scores in found.beside.items()
        },
        "clips": found.clips,
        "listed": found.listed,
        "partial": found.partial,
        "without_sound": found.silent,
        "without_picture": found.blind,
        "protocol": found.protocol,
        "published": {"method": found.published, "seed": found.seed},
    }


def interval_values(found: Interval) -> Sequence[float | None]:
    """A figure and both ends of its interval."""
    return [known(found.value), known(found.low), known(found.high)]


def known(share: float) -> float | None:
    """A share, None where there is none."""
    return None if math.isnan(share) else share
