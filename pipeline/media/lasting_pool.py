"""A pool of processes that outlasts the loss of any of them.

pebble replaces a process that is killed at work, and tells whose work it was. When one is killed that had nothing to do, pebble
gives the whole pool up: its futures end in `BrokenProcessPool`, and it takes nothing on any more.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from pebble import ProcessFuture, ProcessPool

T = TypeVar("T")


class LastingPool:
    """Schedules in a pool, and in a new one where pebble has given the last one up.

    Args:
        open_pool: makes a pool; its processes start with the first task.
    """

    def __init__(self, open_pool: Callable[[], ProcessPool]):
        self._open_pool = open_pool
        self._pool = open_pool()

    def schedule(self, function: Callable[..., T], *arguments: Any) -> "ProcessFuture[T]":
        """Have a process call `function`; the future may end in `BrokenProcessPool`: then schedule it again."""
        try:
            return self._schedule(function, arguments)
        except RuntimeError:
            self.stop()
            self._pool = self._open_pool()
            return self._schedule(function, arguments)

    def stop(self) -> None:
        """End the processes, whatever they are doing."""
        self._pool.stop()
        self._pool.join()

    def _schedule(self, function: Callable[..., T], arguments: tuple[Any, ...]) -> "ProcessFuture[T]":
        found: ProcessFuture[T] = self._pool.schedule(function, args=arguments)
        return found
