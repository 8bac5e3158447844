"""What a task shows on the page that a service has for a run: tables, Markdown and pictures. Copies to look at, no artifacts."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TablePiece:
    """Rows under a key that the page keeps a history of; each is column -> value."""

    key: str
    title: str
    rows: Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class TextPiece:
    """Lines of Markdown under a key; what a model or a user wrote goes through `plain` first."""

    key: str
    lines: Sequence[str]


@dataclass(frozen=True)
class PicturePiece:
    """A picture as PNG under a key."""

    key: str
    title: str
    png: bytes


Piece = TablePiece | TextPiece | PicturePiece


def plain(text: str) -> str:
    """Text of a model or of a user as Markdown that shows it and does nothing else."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~-])", r"\\\1", html.escape(" ".join(text.split())))
