"""The figures of a run of audio-visual events: tables for people, plain values for programs."""

from typing import Any

from pipeline.evaluation.event_ladder import FIGURES
from pipeline.evaluation.figure_words import interval_text, percent
from pipeline.printable import text_line, text_table
from pipeline.tasks.av.tables import method_lines
from pipeline.tasks.av.values import values_of
from pipeline.tasks.av.words import remarks, title_of
from pipeline.tasks.av_events.result import EventsResult

COLUMNS = {
    "accuracy": "seconds right", "background_recall": "background recall", "event_recall": "event seconds right",
    "event_f1": "event F1",
}  # fmt: skip
"""Figure -> what tables call it."""


def result_rows(found: EventsResult) -> tuple[list[str], list[list[str]]]:
    """Columns and lines: every method in percent with its interval, then what needs no model."""
    first = found.methods[0].name
    head = ["method", "learned", *COLUMNS.values(), f"over {first}", "over the one before"]
    lines = method_lines(
        found, lambda each: [interval_text(each.main), *(percent(each.scores[name].value) for name in FIGURES[1:])]
    )
    for name, scores in found.beside.items():
        lines.append([name, "–", *(percent(getattr(scores, figure)) for figure in FIGURES), "", ""])
    return head, lines


def result_tables(name: str, found: EventsResult) -> list[Any]:
    """The table with its title, and what must be said beside it."""
    return [text_table(*result_rows(found), title_of(name, found)), *map(text_line, remarks(found))]


def result_values(found: EventsResult) -> dict[str, Any]:
    """The same as values for JSON; fractions, null where nothing can be said."""
    return values_of(found, lambda scores: {figure: getattr(scores, figure) for figure in FIGURES})
