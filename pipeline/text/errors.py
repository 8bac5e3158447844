"""Errors of the text stage."""

from stores.errors import MmptError

__all__ = ["EngineError", "ModelNotFound", "TextError", "one_line"]


class TextError(MmptError):
    """The sentences that were asked for cannot be made."""


class ModelNotFound(TextError):
    """The name of a language model leads nowhere."""


class EngineError(TextError):
    """An engine cannot run here."""


def one_line(error: Exception) -> str:
    """The message of a library's error as one sentence, for the middle of our own."""
    return " ".join(str(error).split()).rstrip(".") + "."
