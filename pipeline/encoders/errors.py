"""Errors about encoders."""

from stores.errors import MmptError


class EncoderError(MmptError):
    """An encoder was asked for that is unknown, incomplete or does not fit its weights."""


class CutError(EncoderError):
    """A cut was named that the tower does not have."""
