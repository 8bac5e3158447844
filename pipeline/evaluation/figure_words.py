"""Figures as people say them: shares in percent, intervals, and differences in points."""

import math

from pipeline.evaluation.intervals import Interval


def percent(share: float, sign: str = "") -> str:
    """A share in percent; "n/a" where there is none."""
    return "n/a" if math.isnan(share) else f"{100 * share:.1f}{sign}"


def interval_text(found: Interval) -> str:
    """A figure with its interval, percent."""
    return f"{percent(found.value)} [{percent(found.low)}, {percent(found.high)}]"


def points(found: Interval | None) -> str:
    """A difference with its interval, points; nothing where there is none."""
    if found is None:
        return ""
    value, low, high = (f"{100 * each:+.1f}".replace("-", "−") for each in (found.value, found.low, found.high))
    return f"{value} [{low}, {high}]"
