"""Keeping an engine busy: the next batch is handed over while the one before is being finished and published.

Without it a large model waits at the end of every batch for the longest answer of the batch. What it has answered and
nobody has published lies in the artifact's journal, so a killed run asks again only what was still being written.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict
from functools import partial

from pipeline.text.engines.base import Answer, Engine, QueueingEngine, Request, all_answers
from stores import text_key
from stores.journal import Journal

__all__ = ["answer_batches"]

_BATCHES_AT_ONCE = 2


def answer_batches(engine: Engine, batches: Iterable[Sequence[Request]], journal: Journal) -> Iterator[list[Answer]]:
    """Answer batch after batch, in order; the caller publishes one before it takes the next.

    Args:
        engine: Any. One that queues holds two batches at most.
        batches: Requests that are published together.
        journal: Keeps answers of an engine that queues, from when they come until their batch was published.
    """
    if isinstance(engine, QueueingEngine):
        yield from _overlapped(engine, batches, journal)
    else:
        yield from map(engine.generate, batches)


def _overlapped(
    engine: QueueingEngine, batches: Iterable[Sequence[Request]], journal: Journal
) -> Iterator[list[Answer]]:
    waiting: deque[_Batch] = deque()
    try:
        for requests in batches:
            waiting.append(_Batch(engine, requests, journal))
            if len(waiting) == _BATCHES_AT_ONCE:
                yield waiting[0].answers()
                waiting.popleft().published()
        while waiting:
            yield waiting[0].answers()
            waiting.popleft().published()
        journal.clear()  # answers to queries that other settings would have asked
    finally:
        for batch in waiting:
            batch.cancel()


class _Batch:
    """Requests that are published together, those asked that no earlier run had an answer to."""

    def __init__(self, engine: QueueingEngine, requests: Sequence[Request], journal: Journal):
        self._keys = [_key(request) for request in requests]
        self._journal = journal
        known = {key: Answer(**kept) for key in self._keys if (kept := journal.get(key)) is not None}
        asked = [(key, request) for key, request in zip(self._keys, requests, strict=True) if key not in known]
        self._known = known
        self._asked = [key for key, _ in asked]
        self._futures = engine.submit([request for _, request in asked])
        for key, future in zip(self._asked, self._futures, strict=True):
            future.add_done_callback(partial(self._keep, key))

    def answers(self) -> list[Answer]:
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


def _key(request: Request) -> str:
    return text_key(json.dumps([request.seed, request.prompt]))
