"""Local processes: as many as asked for, each with its own encoder and its share of the cores."""

import multiprocessing
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait

from pipeline.processes import ProcessEnded, ProcessPool
from pipeline.runner.base import R, Unit
from pipeline.runner.errors import WorkerLost
from pipeline.runner.window import Window
from pipeline.runner.worker_state import Answer, take_on
from pipeline.telemetry.progress import Progress


class LocalProcesses:
    """A runner of processes of this machine; use it in a `with` block, at whose end they end.

    Args:
        count: how many.
        threads: with how many threads each computes; by default the cores are shared out.
    """

    tries = 3

    def __init__(self, count: int, threads: int | None = None):
        self._count = count
        self._threads = threads or max(1, (os.cpu_count() or 1) // count)
        # Spawned, not forked: this process may have threads and a GPU, neither of which survives a fork.
        self._context = multiprocessing.get_context("spawn")
        self._pool = ProcessPool(count, self._context)

    def __enter__(self) -> "LocalProcesses":
        """Start nothing yet; the first unit starts processes."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the processes."""
        self._pool.stop()

    def run_all(self, units: Sequence[Unit[R]]) -> Iterator[tuple[int, R]]:
        """See `Runner.run_all`."""
        return Window(self, units).results()

    def run(self, unit: Unit[R], progress: Progress) -> R:
        """See `Runner.run`; the unit's own progress goes to standard error, from its process."""
        progress.say(f"{unit.name} runs in a process of this machine")
        ((_, found),) = self.run_all([unit])
        return found

    def width(self) -> int:
        """One in hand for each, and one to go on with."""
        return 2 * self._count

    def submit(self, unit: Unit) -> Future[Answer]:
        """Hand one out."""
        return self._pool.schedule(_take_on, unit, self._threads)

    def first_done(self, waiting: Collection[Future[Answer]]) -> Collection[Future[Answer]]:
        """Wait until some are done."""
        return wait(waiting, return_when=FIRST_COMPLETED).done

    def result(self, future: Future[Answer]) -> object:
        """What a done one came to."""
        try:
            return future.result().unpack()
        except ProcessEnded as ended:
            raise WorkerLost from ended

    def cancel(self, waiting: Collection[Future[Answer]]) -> None:
        """Drop units and end the processes, so that none of them writes any more; the next unit starts new ones."""
        if any(not future.done() for future in waiting):
            self._pool.stop()
            self._pool = ProcessPool(self._count, self._context)


def _take_on(unit: Unit[R], threads: int) -> Answer[R]:
    return take_on(unit, threads, lambda line: print(line, file=sys.stderr, flush=True), lambda: False)
