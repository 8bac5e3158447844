"""What goes wrong with a stage."""

from stores.errors import MmptError


class TrainError(MmptError):
    """The recipe cannot be learned from what is stored."""


class NoChoice(MmptError):
    """Something was asked for that the run does not have."""
