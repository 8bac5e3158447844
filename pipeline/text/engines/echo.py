"""The engine "templates": no language model. Its queries are sentences written by hand, and each is its own answer."""

from collections.abc import Sequence

from pipeline.text.engines.base import Answer, Request

__all__ = ["EchoEngine"]


class EchoEngine:
    """Says what it is asked."""

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests, in their order."""
        return [Answer(request.prompt) for request in requests]
