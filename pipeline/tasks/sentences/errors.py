"""What goes wrong with a stage."""

from stores.errors import MmptError


class TrainError(MmptError):
    """The recipe cannot be learned from what is stored."""
