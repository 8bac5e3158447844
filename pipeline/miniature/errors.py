"""Errors of the miniature world."""

from stores.errors import MmptError


class MiniatureError(MmptError):
    """The miniature world cannot do what was asked; the message says what to type instead."""
