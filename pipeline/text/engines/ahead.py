"""Keeping an engine busy: the next batch is handed over while the one before is being finished and published.

Without it a large model waits at the end of every batch for the longest answer of the batch.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future

from pipeline.text.engines.base import Answer, Engine, QueueingEngine, Request

__all__ = ["answer_batches"]

_BATCHES_AT_ONCE = 2


def answer_batches(engine: Engine, batches: Iterable[Sequence[Request]]) -> Iterator[list[Answer]]:
    """Answer batch after batch, in order.

    An engine that queues holds two batches at most, so that a killed run loses the one that was being finished and
    what was begun of the next.

    Args:
        engine: Any.
        batches: Requests that are published together.
    """
    if isinstance(engine, QueueingEngine):
        yield from _overlapped(engine, batches)
    else:
        yield from map(engine.generate, batches)


def _overlapped(engine: QueueingEngine, batches: Iterable[Sequence[Request]]) -> Iterator[list[Answer]]:
    waiting: deque[Future[list[Answer]]] = deque()
    try:
        for batch in batches:
            waiting.append(engine.submit(batch))
            if len(waiting) == _BATCHES_AT_ONCE:
                yield waiting[0].result()
                waiting.popleft()
        while waiting:
            yield waiting[0].result()
            waiting.popleft()
    finally:
        for future in waiting:
            future.cancel()
