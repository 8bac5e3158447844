"""What goes wrong with recipes of open-vocabulary video."""

from stores.errors import MmptError


class OpenVideoError(MmptError):
    """A recipe of open-vocabulary video cannot be run as it stands."""


class NotCached(OpenVideoError):
    """Frames, flow, sound or sentences are not stored yet."""


class NotTrained(OpenVideoError):
    """A method is not learned to its last epoch yet."""


class NotJudged(OpenVideoError):
    """A result is not there yet."""
