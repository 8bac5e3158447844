"""What is wrong between CoPL's options, its towers and what they are given."""

from stores.errors import MmptError


class CoplError(MmptError):
    """The options do not fit the towers, or the rows that are given are not those that the options ask for."""
