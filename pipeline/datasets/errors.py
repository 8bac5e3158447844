"""Errors of the data set readers."""

from stores.errors import MmptError


class DatasetError(MmptError):
    """A data set's root does not hold the layout that was asked for."""
