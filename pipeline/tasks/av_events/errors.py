"""What goes wrong with recipes of audio-visual events."""

from stores.errors import MmptError


class AvEventsError(MmptError):
    """A recipe of audio-visual events cannot be run as it stands."""


class NotCached(AvEventsError):
    """Frames or spectrograms are not stored yet."""


class NotTrained(AvEventsError):
    """A method is not learned to its last epoch yet."""


class NotJudged(AvEventsError):
    """A result is not there yet."""
