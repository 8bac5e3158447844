"""From an answer to its lines: JSON, then HTML, then tables, then lists, each turned into items where it is found."""

from dataclasses import replace

from pipeline.text.reading.endings import has_end
from pipeline.text.reading.html import table_tags, without_entities, without_tags
from pipeline.text.reading.items import items
from pipeline.text.reading.json_values import NOTE, OUTSIDE, json_values
from pipeline.text.reading.line import Line
from pipeline.text.reading.tables import table_lines

__all__ = ["lines_of"]


def lines_of(text: str) -> tuple[list[Line], list[str]]:
    """The lines of an answer without their markers, and what JSON says besides about sentences."""
    lines: list[Line] = []
    notes: list[str] = []
    for part in json_values(text):
        if part.kind == NOTE:
            notes.append(part.text)
        elif part.kind == OUTSIDE:
            lines += _outside(part.text)
        else:
            lines += _value(part.text, part.whole)
    return lines, notes


def _outside(text: str) -> list[Line]:
    lines: list[Line] = []
    waiting: list[str] = []
    for row, whole, is_row in table_lines(table_tags(text).splitlines()):
        plain = without_entities(without_tags(row)).splitlines() or [""]
        if is_row:
            lines += items(waiting)
            lines += [replace(line, marked=True, whole=whole) for line in items(plain)]
            waiting = []
        else:
            waiting += plain
    return lines + items(waiting)


def _value(text: str, whole: bool) -> list[Line]:
    """A value of JSON: a sentence, or several lines of them, in which case only what is listed counts, if anything is."""
    lines = items(without_entities(without_tags(text)).splitlines())
    lines = [line for line in lines if line.text.strip()]
    if len(lines) > 1 and any(line.marked for line in lines):
        return [replace(line, whole=whole and place == len(lines) - 1) for place, line in enumerate(lines)]
    begins = [True, *(has_end(line.text) for line in lines)]
    return [
        replace(line, marked=begin, whole=whole and place == len(lines) - 1)
        for place, (line, begin) in enumerate(zip(lines, begins, strict=False))
    ]
