"""What a task learns from and judges where an example is more than a file with labels: several files by role, any target."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.datasets.rows import MediaRow
from stores import text_key

T = TypeVar("T")


@dataclass(frozen=True)
class Example(Generic[T]):
    """One thing to be answered.

    Attributes:
        key: its identity, which is no file's: five questions about a video are five examples; see `example_key`.
        media: role -> file ("frames", "sound"); examples may share files, which are encoded once.
        target: what is right: labels, a number, an answer, the row of a mask.
    """

    key: str
    media: Mapping[str, MediaRow]
    target: T


def example_key(media: Mapping[str, MediaRow], *asked: str) -> str:
    """The identity of what is asked about files: equal files in equal roles and equal words are one example."""
    return text_key(json.dumps([sorted((role, row.key) for role, row in media.items()), asked]))


def files_of(examples: Iterable[Example[T]], role: str) -> list[MediaRow]:
    """The files that examples have in a role, each once: the rows of an `Input`."""
    found: dict[str, MediaRow] = {}
    for row in (example.media[role] for example in examples if role in example.media):
        found.setdefault(row.key, row)
    return list(found.values())
