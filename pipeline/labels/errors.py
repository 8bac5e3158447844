"""Errors of class names."""

from stores.errors import MmptError


class LabelError(MmptError):
    """A label set cannot be found or holds something that is no list of class names."""


class AmbiguousName(LabelError):
    """A name is spelled as no class is, and two classes are near enough to be meant."""
