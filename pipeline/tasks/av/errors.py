"""What goes wrong with recipes of clips that two towers read."""

from stores.errors import MmptError


class AvError(MmptError):
    """A recipe of clips cannot be run as it stands."""


class NotCached(AvError):
    """Frames or spectrograms are not stored yet."""


class NotTrained(AvError):
    """A method is not learned to its last epoch yet."""


class NotJudged(AvError):
    """A result is not there yet."""
