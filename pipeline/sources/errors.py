"""What can be wrong with a source besides its files."""

from stores.errors import MmptError


class SourceError(MmptError):
    """This source cannot be made here."""
