"""A limit of time for reading that also holds where the kernel itself waits: on a network mount that does not answer.

A read that is stuck in the kernel cannot be interrupted from within. So a thread does the reading and notes what it is at, and
who waits for it gives it up when one step takes too long. Nobody waits for that thread at the end of the program; the kernel ends
it with its process.
"""

import contextvars
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Generic, TypeVar

T = TypeVar("T")
LIMIT_S = 30.0
"""Seconds that one step may take: a look at the disk, a mebibyte of a file."""
_CHECKS = 2


class TooLong(Exception):
    """A step of reading takes too long; `path` is what it reads. Becomes a `MachineFault`, see `pipeline.reading.patiently`."""

    def __init__(self, path: str):
        super().__init__(path)
        self.path = path


class GivenUp(Exception):
    """Nobody waits for what is read any longer. Never reaches a user."""


Step = tuple[object, float] | None
"""What is read, and since when; None between two steps."""


class Beat:
    """What a reading thread is at."""

    def __init__(self) -> None:
        """At nothing yet."""
        self.step: Step = None
        self.given_up = False


_beat: ContextVar[Beat | None] = ContextVar("beat", default=None)


def begin(path: object) -> Step:
    """Note that a step begins; returns what was noted before, for `end`."""
    beat = _beat.get()
    if beat is None:
        return None
    if beat.given_up:
        raise GivenUp
    before, beat.step = beat.step, (path, time.monotonic())
    return before


def end(before: Step) -> None:
    """Note that a step is over."""
    beat = _beat.get()
    if beat is not None:
        beat.step = before and (before[0], time.monotonic())


class _Reading(Generic[T]):
    """One piece of work and the thread that does it."""

    def __init__(self, work: Callable[[], T]):
        self.beat, self.done = Beat(), threading.Event()
        self._work = work
        self._value: list[T] = []
        self._error: BaseException | None = None
        context = contextvars.copy_context()
        context.run(_beat.set, self.beat)
        threading.Thread(target=context.run, args=(self._run,), name="reading", daemon=True).start()

    def _run(self) -> None:
        try:
            self._value.append(self._work())
        except BaseException as error:
            self._error = error
        self.done.set()

    def result(self) -> T:
        if self._error is not None:
            raise self._error
        return self._value[0]


def in_time(work: Callable[[], T], limit_s: float) -> T:
    """Do work in a thread of its own, for as long as none of its steps of reading takes too long.

    Raises:
        TooLong: one did, for two checks `limit_s` apart in a row: the clock runs on while everything is stopped (Ctrl-Z).
    """
    running = _Reading(work)
    try:
        seen, same = running.beat.step, 0
        while not running.done.wait(limit_s):
            step = running.beat.step
            same = same + 1 if step is not None and step is seen else 0
            seen = step
            if step is not None and same >= _CHECKS:
                raise TooLong(str(step[0]))
    finally:
        running.beat.given_up = True
    return running.result()
