"""Many units at a time, their results in order.

Only so many units are handed out as keep the workers busy, so neither the scheduler nor a crash ever has to do with more. When a
worker is lost, nobody knows which of the units that it held is to blame. They are done again one by one, with nothing else under
way: the one that kills alone is the guilty one.
"""

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from pipeline.runner.base import R, Unit
from pipeline.runner.errors import UnitKilled, WorkerLost

F = TypeVar("F")


class Pool(Protocol[F]):
    """Workers, as far as handing out units goes."""

    tries: int
    """How often a unit may be handed out and lose its worker."""

    def width(self) -> int:
        """How many units are worth having in hand."""
        ...

    def submit(self, unit: Unit) -> F:
        """Hand one out."""
        ...

    def first_done(self, waiting: Collection[F]) -> Collection[F]:
        """Wait until some are done."""
        ...

    def result(self, future: F) -> object:
        """What a done one came to.

        Raises:
            WorkerLost: its worker is gone.
            Exception: what the unit raised.
        """
        ...

    def cancel(self, waiting: Collection[F]) -> None:
        """Drop units that nobody wants any longer; what has been begun of them has ended when this returns."""
        ...


class Window(Generic[F, R]):
    """One pass over a list of units."""

    def __init__(self, pool: Pool[F], units: Sequence[Unit[R]]):
        self._pool, self._units = pool, units
        self._todo = deque(range(len(units)))
        self._suspects: deque[int] = deque()
        self._lost: dict[int, list[int]] = {}
        self._waiting: dict[F, int] = {}
        self._done: dict[int, R | Exception] = {}

    def results(self) -> Iterator[tuple[int, R]]:
        """See `Runner.run_all`."""
        turn, killed = 0, None
        try:
            while turn < len(self._units):
                self._hand_out()
                self._collect()
                while turn in self._done:
                    found = self._done.pop(turn)
                    if isinstance(found, UnitKilled):
                        killed = killed or found
                    elif isinstance(found, Exception):
                        raise found
                    else:
                        yield turn, found
                    turn += 1
        finally:
            self._pool.cancel(list(self._waiting))
        if killed is not None:
            raise killed

    def _hand_out(self) -> None:
        if self._suspects:
            if not self._waiting:
                self._submit(self._suspects.popleft())
            return
        while self._todo and len(self._waiting) < self._pool.width():
            self._submit(self._todo.popleft())

    def _submit(self, number: int) -> None:
        self._waiting[self._pool.submit(self._units[number])] = number

    def _collect(self) -> None:
        for future in self._pool.first_done(list(self._waiting)):
            number = self._waiting.pop(future)
            try:
                self._done[number] = self._pool.result(future)  # type: ignore[assignment]
            except WorkerLost as lost:
                self._blame(number, lost.processes)
            except Exception as error:
                self._done[number] = error
                self._todo.clear()  # what is behind it will not be published

    def _blame(self, number: int, processes: int) -> None:
        lost = self._lost.setdefault(number, [])
        lost.append(processes)
        if len(lost) < self._pool.tries:
            self._suspects.append(number)
        else:
            unit = self._units[number]
            self._done[number] = UnitKilled(unit.name, unit.files, sum(lost))
