"""What an engine is: requests in, one answer a request out, in order."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

__all__ = [
    "Answer",
    "Engine",
    "FREE",
    "Form",
    "PromptFormat",
    "QueueingEngine",
    "Request",
    "SENTENCES_SHAPE",
    "Sampling",
    "StreamingEngine",
    "TOO_LONG",
    "all_answers",
]

PromptFormat = Literal["auto", "raw", "chat"]

TOO_LONG = "query too long"
"""The problem of a query that does not fit into the model's context."""


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
        continues: Whether the text goes on where the query ends, as a completion does, and is no turn of a chat. It tells
            how the text came about; answers that say the same are equal.
    """

    text: str
    cut: bool = False
    problem: str = ""
    continues: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_k: Tokens that are drawn from; 0 means all.
        top_p: Share of the probability that is drawn from, after `top_k`.
        max_new_tokens: Most tokens of an answer.
        stop: Texts that end an answer; what follows the first of them, and itself, is not part of it.
    """

    temperature: float
    top_k: int
    top_p: float
    max_new_tokens: int
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Form:
    """How a query is put to a model, and the form that its answer is held to.

    Attributes:
        prompt_format: Whether it is a turn of a chat.
        template_values: For the chat template.
        answer_shape: JSON schema of the answer; None leaves it free.
    """

    prompt_format: PromptFormat = "auto"
    template_values: Mapping[str, Any] = field(default_factory=dict)
    answer_shape: Mapping[str, Any] | None = None


FREE = Form()
"""A turn of a chat where the model has chats, answered in any form."""

SENTENCES_SHAPE: Mapping[str, Any] = {
    "type": "object",
    "properties": {"sentences": {"type": "array", "items": {"type": "string"}}},
    "required": ["sentences"],
    "additionalProperties": False,
}
"""A list of sentences; an object around it, for some servers take no list at the top."""


class Engine(Protocol):
    """Anything that answers queries."""

    def generate(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests, in their order. Give it many at once: it makes its own batches."""
        ...


@runtime_checkable
class QueueingEngine(Engine, Protocol):
    """An engine at work outside of this thread: it takes the next batch before it has finished the one before."""

    def submit(self, requests: Sequence[Request]) -> list[Future[Answer]]:
        """Hand a batch over, one future a request; cancelling one drops its request where that is still possible."""
        ...


@runtime_checkable
class StreamingEngine(Engine, Protocol):
    """An engine at work in this thread that hands out each answer when it is finished, whatever is still being written."""

    def answers(self, requests: Sequence[Request]) -> Iterator[tuple[int, Answer]]:
        """Every answer with the place of its request, in the order in which they are finished."""
        ...


def all_answers(futures: Sequence[Future[Answer]]) -> list[Answer]:
    """Wait for all answers; the first failure cancels the rest and is raised."""
    try:
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        failed = next((future for future in futures if future in done and future.exception() is not None), None)
        return [future.result() for future in ([failed] if failed else futures)]
    finally:
        for future in futures:
            future.cancel()
