"""What an engine is: requests in, one answer a request out, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Answer", "Engine", "Request", "Sampling"]


@dataclass(frozen=True)
class Request:
    """One query.

    Attributes:
        prompt: The query as text.
        seed: Of sampling this answer. The answer to a request does not depend on what else is asked at the
            same time.
    """

    prompt: str
    seed: int


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        text: The new text, without the query.
        cut: Whether the token limit ended it, rather than the model.
        problem: Why there is no text, if there is none by no fault of the model ("query too long"); else "".
    """

    text: str
    cut: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_k: Tokens that are drawn from; 0 means all.
        top_p: Share of the probability that is drawn from, after `top_k`.
        max_new_tokens: Most tokens of an answer.
    """

    temperature: float
    top_k: int
    top_p: float
    max_new_tokens: int


class Engine(Protocol):
    """Anything that answers queries."""

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests, in their order. Give it many at once: it makes its own batches."""
        ...
