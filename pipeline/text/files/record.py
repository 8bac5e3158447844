"""What a file of sentences is read into: a sentence with its labels, or what stands there instead and why it is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "LABEL_NAMES", "NO_DIVIDER", "NO_LABEL", "NO_SENTENCE", "NOT_UTF8", "TEXT_NAMES", "BadRecord", "Record", "of_row",
    "plain", "record",
]  # fmt: skip

NOT_UTF8, NO_SENTENCE, NO_LABEL = "not UTF-8", "no sentence", "no label"
NO_DIVIDER = "no && between sentence and labels"
TEXT_NAMES, LABEL_NAMES = ("text", "caption", "sentence"), ("labels", "label")
"""What the columns of a table, or the keys of an object, may be called."""


@dataclass(frozen=True)
class Record:
    """A sentence and its labels.

    Attributes:
        line: Where it stands: line of a text file, row of a Parquet table, number of the sentence in a CuPL file; from 1.
        text: The sentence.
        labels: At least one.
    """

    line: int
    text: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class BadRecord:
    """Something that is no sentence with labels.

    Attributes:
        line: As of a `Record`.
        text: What stands there.
        reason: What is wrong with it.
    """

    line: int
    text: str
    reason: str


def plain(text: str) -> str:
    """A sentence or a name as it is stored: on one line, with single blanks, without marks of byte order."""
    return " ".join(text.replace("\ufeff", " ").split())


def record(line: int, text: str, labels: list[str]) -> Record | BadRecord:
    """A sentence with its labels, if they are that: something to read, and at least one name."""
    sentence = plain(text)
    names = tuple(dict.fromkeys(name for label in labels if (name := plain(label))))
    if any("\ud800" <= sign <= "\udfff" for sign in "".join([sentence, *names])):  # half a character: JSON can spell it
        return BadRecord(line, sentence.encode("utf-8", "replace").decode(), NOT_UTF8)
    if not any(character.isalnum() for character in sentence):
        return BadRecord(line, sentence or ", ".join(names), NO_SENTENCE)
    return Record(line, sentence, names) if names else BadRecord(line, sentence, NO_LABEL)


def of_row(line: int, row: Mapping[str, Any], shown: str, *, divider: str | None) -> Record | BadRecord:
    """The same from a row of a table or an object.

    Args:
        line: Where it stands.
        row: Column -> value.
        shown: What to show of it if it cannot be used.
        divider: Of several labels in one text; None takes the text as one label.
    """
    text = next((row[name] for name in TEXT_NAMES if name in row), None)
    labels = next((row[name] for name in LABEL_NAMES if name in row), None)
    if labels is None:
        labels = []
    if isinstance(labels, str):
        labels = labels.split(divider) if divider else [labels]
    if not isinstance(text, str):
        return BadRecord(line, shown, NO_SENTENCE)
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return BadRecord(line, shown, NO_LABEL)
    return record(line, text, labels)
