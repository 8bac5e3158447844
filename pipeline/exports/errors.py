"""What cannot be taken away."""

from stores.errors import MmptError


class ExportError(MmptError):
    """What is asked for cannot be written."""
