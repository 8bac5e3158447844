"""What goes wrong with few-shot recipes."""

from stores.errors import MmptError


class FewShotError(MmptError):
    """A few-shot recipe cannot be run as it stands."""
