"""Errors of the evaluation."""

from stores.errors import MmptError


class EvaluationError(MmptError):
    """Something cannot be judged: scores of the wrong shape, a bad template, a bad table."""
