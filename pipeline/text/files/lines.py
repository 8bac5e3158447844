"""Files with one sentence a line: those of TaAM-CPT's authors, and JSON lines."""

import json
from collections.abc import Iterator
from pathlib import Path

from pipeline.text.files.record import NO_DIVIDER, NOT_UTF8, BadRecord, Record, of_row, record

__all__ = ["read_jsonl", "read_taam"]


def read_taam(path: Path) -> Iterator[Record | BadRecord]:
    """Read `sentence&&label,label` lines."""
    for line, text in _lines(path):
        if isinstance(text, BadRecord):
            yield text
            continue
        sentence, divider, labels = text.partition("&&")
        if not divider:
            yield BadRecord(line, text, NO_DIVIDER)
        elif "&&" in labels:
            yield BadRecord(line, text, "more than one &&")
        else:
            yield record(line, sentence, labels.split(","))


def read_jsonl(path: Path) -> Iterator[Record | BadRecord]:
    """Read lines of one JSON object each."""
    for line, text in _lines(path):
        if isinstance(text, BadRecord):
            yield text
            continue
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            yield BadRecord(line, text, f"no JSON: {_fault(error)}")
            continue
        yield of_row(line, row, text, divider=None) if isinstance(row, dict) else BadRecord(line, text, "no object")


def _fault(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return "nested too deeply" if isinstance(error, RecursionError) else "a number of too many digits"


def _lines(path: Path) -> Iterator[tuple[int, "str | BadRecord"]]:
    with path.open("rb") as content:
        for number, line in enumerate(content, 1):
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                yield number, BadRecord(number, line.decode("utf-8", "replace").strip(), NOT_UTF8)
                continue
            if text:
                yield number, text
