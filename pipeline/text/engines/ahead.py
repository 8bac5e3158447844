"""Keeping an engine busy, and what it has answered: no kill costs an answer that was finished.

An engine that queues takes the next batch while the one before is being finished and published; without it a large model
waits at the end of every batch for the longest answer of the batch. What an engine has answered and nobody has published
lies in the artifact's journal, so a killed run asks again only what was still being written. That holds for the model in this
process, too: on a CPU a shard of queries takes it many minutes.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import asdict
from functools import partial
from typing import Any, Protocol

from pipeline.text.engines.base import Answer, Engine, QueueingEngine, Request, StreamingEngine, all_answers
from stores import text_key

__all__ = ["Kept", "answer_batches", "request_key"]

_BATCHES_AT_ONCE = 2


class Kept(Protocol):
    """Where answers wait until they are published: the artifact's journal, or one that knows of more."""

    def get(self, key: str) -> Any:
        """Return the fields of an answer, or None."""
        ...

    def add(self, key: str, value: Any) -> None:
        """Keep the fields of an answer."""
        ...

    def drop(self, keys: Iterable[str]) -> None:
        """Forget what has been published."""
        ...

    def clear(self) -> None:
        """Forget what belongs to nobody."""
        ...


def answer_batches(
    engine: Engine, batches: Iterable[Sequence[Request]], journal: Kept, heard: Callable[[int], None]
) -> Iterator[list[Answer]]:
    """Answer batch after batch, in order; the caller publishes one before it takes the next.

    Args:
        engine: Any. One that queues holds two batches at most.
        batches: Requests that are published together.
        journal: Keeps answers of an engine that gives them one by one, from when they come until their batch was published.
        heard: Is told, in this thread, how many answers have come: each at once where the engine gives them one by one.
    """
    if isinstance(engine, QueueingEngine):
        yield from _overlapped(engine, batches, journal, heard)
    elif isinstance(engine, StreamingEngine):
        yield from _streamed(engine, batches, journal, heard)
    else:
        for requests in batches:
            answers = engine.generate(requests)
            heard(len(answers))
            yield answers


def _streamed(
    engine: StreamingEngine, batches: Iterable[Sequence[Request]], journal: Kept, heard: Callable[[int], None]
) -> Iterator[list[Answer]]:
    for requests in batches:
        keys = [request_key(request) for request in requests]
        found = _known(keys, journal)
        heard(sum(key in found for key in keys))
        asked = [(key, request) for key, request in zip(keys, requests, strict=True) if key not in found]
        for place, answer in engine.answers([request for _, request in asked]):
            key, _ = asked[place]
            journal.add(key, asdict(answer))
            found[key] = answer
            heard(1)
        yield [found[key] for key in keys]
        journal.drop(keys)
    journal.clear()  # answers to queries that other settings would have asked


def _overlapped(
    engine: QueueingEngine, batches: Iterable[Sequence[Request]], journal: Kept, heard: Callable[[int], None]
) -> Iterator[list[Answer]]:
    waiting: deque[_Batch] = deque()
    try:
        for requests in batches:
            waiting.append(_Batch(engine, requests, journal, heard))
            if len(waiting) == _BATCHES_AT_ONCE:
                yield waiting[0].answers()
                waiting.popleft().published()
        while waiting:
            yield waiting[0].answers()
            waiting.popleft().published()
        journal.clear()
    finally:
        for batch in waiting:
            batch.cancel()


class _Batch:
    """Requests that are published together, those asked that no earlier run had an answer to."""

    def __init__(
        self, engine: QueueingEngine, requests: Sequence[Request], journal: Kept, heard: Callable[[int], None]
    ):
        self._keys = [request_key(request) for request in requests]
        self._journal, self._heard = journal, heard
        known = _known(self._keys, journal)
        heard(sum(key in known for key in self._keys))
        asked = [(key, request) for key, request in zip(self._keys, requests, strict=True) if key not in known]
        self._known = known
        self._asked = [key for key, _ in asked]
        self._futures = engine.submit([request for _, request in asked])
        for key, future in zip(self._asked, self._futures, strict=True):
            future.add_done_callback(partial(self._keep, key))

    def answers(self) -> list[Answer]:
        for future in as_completed(self._futures):
            if future.exception() is not None:
                break  # `all_answers` tells it
            self._heard(1)
        found = self._known | dict(zip(self._asked, all_answers(self._futures), strict=True))
        return [found[key] for key in self._keys]

    def published(self) -> None:
        self._journal.drop(self._keys)

    def cancel(self) -> None:
        for future in self._futures:
            future.cancel()

    def _keep(self, key: str, done: Future[Answer]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._journal.add(key, asdict(done.result()))


def request_key(request: Request) -> str:
    """What names a query, and its answer, wherever it is kept."""
    return text_key(json.dumps([request.seed, request.prompt]))


def _known(keys: Sequence[str], journal: Kept) -> dict[str, Answer]:
    """What a killed run had answered and not published."""
    return {key: Answer(**kept) for key in keys if (kept := journal.get(key)) is not None}
