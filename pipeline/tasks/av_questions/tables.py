"""The figures of a run of questions: tables for people, plain values for programs."""

import math
from collections.abc import Sequence
from typing import Any

from pipeline.evaluation.event_ladder import Interval
from pipeline.printable import text_line, text_table
from pipeline.tasks.av_questions.kinds import ALL
from pipeline.tasks.av_questions.result import QuestionsResult
from pipeline.tasks.av_questions.words import interval_text, percent, points, remarks

Rows = tuple[list[str], list[list[str]]]


def result_rows(found: QuestionsResult) -> Rows:
    """Columns and lines: every method in percent over all questions and over each modality, then what needs no model."""
    first = found.methods[0].name
    wholes = [group.name for group in found.groups if group.whole and group.name != ALL]
    head = ["method", "learned", "all questions", *wholes, f"over {first}", "over the one before"]
    lines = [
        [
            f"{each.name} (published)" if each.name == found.published else each.name,
            f"{sum(each.numbers.values()):,}",
            interval_text(each.accuracy),
            *(percent(each.scores[name].value) for name in wholes),
            points(each.over_first),
            points(each.over_before),
        ]
        for each in found.methods
    ]
    for name, shares in found.beside.items():
        lines.append([name, "–", percent(shares[ALL]), *(percent(shares[each]) for each in wholes), "", ""])
    return head, lines


def kind_rows(found: QuestionsResult) -> Rows:
    """A line a kind: how many there are, the published method with its interval, then the others and what needs no model."""
    own = found.of(found.published)
    others = [each for each in found.methods if each is not own]
    head = ["questions", "judged", f"{own.name} (published)", *(each.name for each in others), *found.beside]
    lines = [
        [
            name,
            f"{found.sizes[name]:,}",
            interval_text(own.scores[name]),
            *(percent(each.scores[name].value) for each in others),
            *(percent(shares[name]) for shares in found.beside.values()),
        ]
        for name in (group.name for group in found.groups)
    ]
    return head, lines


def side_rows(found: QuestionsResult) -> Rows:
    """A line a kind: what the published method answers rightly with both sides of a clip, and with one alone."""
    own = found.of(found.published)
    head = ["questions", "both sides", *own.alone]
    lines = [
        [name, percent(own.scores[name].value), *(percent(shares[name]) for shares in own.alone.values())]
        for name in (group.name for group in found.groups)
    ]
    return head, lines


def result_tables(name: str, found: QuestionsResult) -> list[Any]:
    """The tables with their titles, and what must be said beside them."""
    partial = f"PARTIAL, {found.questions:,} of {found.listed:,}" if found.partial else f"{found.questions:,}"
    title = f"{name}: {partial} test questions about {found.videos:,} clips, percent, 95 % intervals over clips"
    tables: list[Any] = [text_table(*result_rows(found), title)]
    if len(found.groups) > 1:
        tables.append(text_table(*kind_rows(found), f"{name}: by kind of question"))
    tables.append(text_table(*side_rows(found), f"{name}: what {found.published} answers without one side of the clips"))
    return [*tables, *map(text_line, remarks(found))]


def result_values(found: QuestionsResult) -> dict[str, Any]:
    """The same as values for JSON; fractions, null where nothing can be said."""
    return {
        "methods": {
            each.name: {
                "numbers": dict(each.numbers),
                "accuracy": {name: _interval(scores) for name, scores in each.scores.items()},
                "alone": {given: _shares(shares) for given, shares in each.alone.items()},
                "over_first": None if each.over_first is None else _interval(each.over_first),
                "over_before": None if each.over_before is None else _interval(each.over_before),
                "seeds": list(each.seeds),
                "epochs": list(each.epochs),
            }
            for each in found.methods
        },
        "beside": {name: _shares(shares) for name, shares in found.beside.items()},
        "sizes": dict(found.sizes),
        "questions": found.questions,
        "listed": found.listed,
        "clips": found.videos,
        "partial": found.partial,
        "answers_never_learned": found.unlearned,
        "without_sound": found.silent,
        "without_picture": found.blind,
        "version": found.version,
        "published": {"method": found.published, "seed": found.seed},
    }


def _interval(found: Interval) -> Sequence[float | None]:
    return [_known(found.value), _known(found.low), _known(found.high)]


def _shares(shares: Any) -> dict[str, float | None]:
    return {name: _known(share) for name, share in shares.items()}


def _known(share: float) -> float | None:
    return None if math.isnan(share) else share
