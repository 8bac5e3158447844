"""Files with one sentence a line: those of TaAM-CPT's authors, and JSON lines."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pipeline.text.files.record import NO_DIVIDER, NOT_UTF8, BadRecord, Record, of_row, record

_LONGEST = 1 << 20

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


def _bounded(content: IO[bytes]) -> Iterator[bytes]:
    """The lines; of one that is too long its beginning, and the rest is passed over."""
    while line := content.readline(_LONGEST + 1):
        yield line
        while len(line) > _LONGEST and not line.endswith(b"\n"):
            line = content.readline(_LONGEST + 1)


def _fault(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return "nested too deeply" if isinstance(error, RecursionError) else "a number of too many digits"


def _lines(path: Path) -> Iterator[tuple[int, "str | BadRecord"]]:
    with path.open("rb") as content:
        for number, line in enumerate(_bounded(content), 1):
            if len(line) > _LONGEST:
                yield (
                    number,
                    BadRecord(number, line[:200].decode("utf-8", "replace"), f"a line of more than {_LONGEST:,} bytes"),
                )
                continue
            try:
                text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                yield number, BadRecord(number, line.decode("utf-8", "replace").strip(), NOT_UTF8)
                continue
            if text:
                yield number, text
