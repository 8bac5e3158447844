"""The figures of a run of audio-visual events: tables for people, plain values for programs."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pipeline.evaluation.event_ladder import FIGURES, Interval
from pipeline.printable import text_line, text_table
from pipeline.tasks.av_events.result import EventsResult
from pipeline.tasks.av_events.words import interval_text, percent, points, remarks

if TYPE_CHECKING:
    pass

COLUMNS = {
    "accuracy": "seconds right", "background_recall": "background recall", "event_recall": "event seconds right",
    "event_f1": "event F1",
}  # fmt: skip
"""Figure -> what tables call it."""


def result_rows(found: EventsResult) -> tuple[list[str], list[list[str]]]:
    """Columns and lines: every method in percent with its interval, then what needs no model."""
    first = found.methods[0].name
    head = ["method", "learned", *COLUMNS.values(), f"over {first}", "over the one before"]
    lines = [
        [
            f"{each.name} (published)" if each.name == found.published else each.name,
            f"{sum(each.numbers.values()):,}",
            interval_text(each.scores["accuracy"]),
            *(percent(each.scores[name].value) for name in FIGURES[1:]),
            points(each.over_first),
            points(each.over_before),
        ]
        for each in found.methods
    ]
    for name, scores in found.beside.items():
        lines.append([name, "–", *(percent(getattr(scores, figure)) for figure in FIGURES), "", ""])
    return head, lines


def result_tables(name: str, found: EventsResult) -> list[Any]:
    """The table with its title, and what must be said beside it."""
    partial = f"PARTIAL, {found.clips:,} of {found.listed:,}" if found.partial else f"{found.clips:,}"
    title = f"{name}: {partial} test clips, percent, 95 % intervals over clips"
    return [text_table(*result_rows(found), title), *map(text_line, remarks(found))]


def result_values(found: EventsResult) -> dict[str, Any]:
    """The same as values for JSON; fractions, null where nothing can be said."""
    return {
        "methods": {
            each.name: {
                "numbers": dict(each.numbers),
                **{name: _interval(scores) for name, scores in each.scores.items()},
                "over_first": None if each.over_first is None else _interval(each.over_first),
                "over_before": None if each.over_before is None else _interval(each.over_before),
                "seeds": list(each.seeds),
                "epochs": list(each.epochs),
            }
            for each in found.methods
        },
        "beside": {
            name: {figure: _known(getattr(scores, figure)) for figure in FIGURES}
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


def _interval(found: Interval) -> Sequence[float | None]:
    return [_known(found.value), _known(found.low), _known(found.high)]


def _known(share: float) -> float | None:
    return None if math.isnan(share) else share
