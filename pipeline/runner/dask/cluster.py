"""The runner of a cluster's workers.

A unit that computes on a GPU asks for the resource GPU, which workers offer that were started with `--resources GPU=1`.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from distributed import Client, Future, KilledWorker
from distributed.client import FutureCancelledError

from pipeline.runner.base import R, Unit
from pipeline.runner.dask.connect import connect, local_count, silence_logs
from pipeline.runner.dask.on_worker import no_longer_at, take_on_in_dask, topic
from pipeline.runner.errors import RunnerError, WorkerLost
from pipeline.runner.window import Window
from pipeline.runner.worker_state import Answer
from pipeline.telemetry.progress import Progress

_SECONDS_BETWEEN_LOOKS = 2.0
_SECONDS_WITHOUT_WORKERS = 120.0
_SECONDS_TO_LET_GO = 10.0
_GPU = "GPU"


class DaskCluster:
    """A runner of a cluster's workers; use it in a `with` block.

    Args:
        where: `tcp://HOST:PORT` of a scheduler, or `local:N` for N worker processes of this machine.
        threads: with how many threads a unit computes; by default as many as the worker was started to compute with, of
            `local:N` its share of the cores.

    Raises:
        RunnerError: nobody answers there, or there are no workers.
    """

    def __init__(self, where: str, threads: int | None = None):
        self._where, self._local = where, local_count(where)
        self._threads = threads or (None if self._local is None else max(1, (os.cpu_count() or 1) // self._local))
        self._alone_since: float | None = None
        silence_logs()
        with ExitStack() as opening:
            self._client = opening.enter_context(connect(where, self._local))
            self._workers = self._look()
            if not self._workers:
                raise RunnerError(
                    f"the Dask scheduler at {where} has no workers. Start some: dask worker {where} --nthreads 1"
                )
            self._opened = opening.pop_all()

    def __enter__(self) -> "DaskCluster":
        """The client is connected already."""
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the cluster; end it if it is one of ours."""
        self._opened.close()

    def run_all(self, units: Sequence[Unit[R]]) -> Iterator[tuple[int, R]]:
        """See `Runner.run_all`."""
        self._workers = self._look()
        return Window(_Pass(self), units).results()

    def run(self, unit: Unit[R], progress: Progress) -> R:
        """See `Runner.run`; what the unit has to say comes as events through the scheduler."""
        with _telling(self._client, topic(unit), lambda line: progress.say(line)):
            ((_, found),) = self.run_all([unit])
        return found

    def slots(self) -> int:
        """How many units the workers can do at a time."""
        return max(1, sum(worker["nthreads"] for worker in self._workers.values()))

    def hand_out(self, unit: Unit) -> Future:
        """Give a unit to the scheduler.

        Raises:
            RunnerError: it needs a GPU, and no worker offers any.
        """
        key = f"{unit.name}-{uuid4().hex}"
        return self._client.submit(
            take_on_in_dask, unit, self._threads, pure=False, key=key, resources=self._resources(unit)
        )

    def answer(self, future: Future) -> Answer:
        """What a done unit came to.

        Raises:
            WorkerLost: its workers were killed.
            RunnerError: the scheduler is gone, or the workers lack this package.
        """
        try:
            found: Answer = future.result()
            return found
        except KilledWorker as error:
            raise WorkerLost(error.allowed_failures + 1) from error
        except FutureCancelledError as error:
            raise self._gone() from error
        except ImportError as error:
            raise RunnerError(
                f"workers of {self._where} cannot import {error.name}. Install the same version of mmpt-pipeline where they "
                "run, and start them again."
            ) from error

    def cancel(self, futures: Collection[Future]) -> None:
        """Drop units; who works on one notices at its next row, which is waited for, but not for long."""
        if futures and self._client.status == "running":
            keys = [future.key for future in futures]
            with suppress(OSError, TimeoutError):
                self._client.cancel(list(futures), force=True)
                self._client.run(no_longer_at, keys, on_error="ignore", callback_timeout=_SECONDS_TO_LET_GO)

    def check_alive(self) -> None:
        """Look whether anybody is there.

        Raises:
            RunnerError: the scheduler is gone, or there have been no workers for two minutes.
        """
        if self._client.status != "running":
            raise self._gone()
        self._workers = self._look()
        now = time.monotonic()
        self._alone_since = None if self._workers else self._alone_since or now
        if self._alone_since is not None and now - self._alone_since > _SECONDS_WITHOUT_WORKERS:
            raise RunnerError(
                f"the Dask scheduler at {self._where} has had no workers for {_SECONDS_WITHOUT_WORKERS:g} s. What was published "
                f"is safe; start some with: dask worker {self._where} --nthreads 1, then type the same command again."
            )

    def _look(self) -> Mapping[str, Mapping[str, Any]]:
        try:
            return dict(self._client.scheduler_info()["workers"])
        except OSError as error:
            raise self._gone() from error

    def _resources(self, unit: Unit) -> dict[str, int] | None:
        offered = any(worker["resources"].get(_GPU) for worker in self._workers.values())
        if unit.device == "cpu" or not offered and (unit.device == "auto" or self._local is not None):
            return None
        if not offered:
            raise RunnerError(
                f"--device {unit.device} was asked for, and no worker of {self._where} offers a GPU. Start one for each GPU: "
                f"CUDA_VISIBLE_DEVICES=0 dask worker {self._where} --nthreads 1 --resources GPU=1"
            )
        return {_GPU: 1}

    def _gone(self) -> RunnerError:
        return RunnerError(
            f"the Dask scheduler at {self._where} does not answer any more. What was published is safe; start it again "
            "(dask scheduler), and its workers, then type the same command again: it goes on from there."
        )


class _Pass:
    """The pool of one pass over a list: passes may be nested, and each hears of its own units only."""

    tries = 2  # Dask itself gives a unit to four workers before it says that they were killed

    def __init__(self, cluster: DaskCluster):
        self._cluster = cluster
        self._done: SimpleQueue[Future] = SimpleQueue()

    def width(self) -> int:
        """One in hand for each thread of a worker, and one to go on with."""
        return 2 * self._cluster.slots()

    def submit(self, unit: Unit) -> Future:
        """Hand one out."""
        future = self._cluster.hand_out(unit)
        future.add_done_callback(self._done.put)
        return future

    def first_done(self, waiting: Collection[Future]) -> Collection[Future]:
        """Wait until one is done."""
        while True:
            try:
                return [self._done.get(timeout=_SECONDS_BETWEEN_LOOKS)]
            except Empty:
                self._cluster.check_alive()

    def result(self, future: Future) -> object:
        """What a done one came to."""
        return self._cluster.answer(future).unpack()

    def cancel(self, waiting: Collection[Future]) -> None:
        """Drop units."""
        self._cluster.cancel(waiting)


@contextmanager
def _telling(client: Client, about: str, say: Callable[[str], None]) -> Iterator[None]:
    client.subscribe_topic(about, lambda event: say(event[1]))
    try:
        yield
    finally:
        if client.status == "running":
            client.unsubscribe_topic(about)
