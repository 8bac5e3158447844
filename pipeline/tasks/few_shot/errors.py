"""What goes wrong with few-shot recipes."""

from stores.errors import MmptError


class FewShotError(MmptError):
    """A few-shot recipe cannot be run as it stands."""


class NotCached(FewShotError):
    """Images or sentences are not encoded yet."""


class NotTrained(FewShotError):
    """A method is not learned to its last epoch yet."""


class NotJudged(FewShotError):
    """A result is not there yet."""
