"""What lives in a process that works for a runner: one encoder, and how a unit is taken on.

The encoder stays for the next unit. Only one is held: units come artifact by artifact, and a GPU has room for one large model.
"""

import io
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from rich.console import Console

from pipeline.runner.base import R, Unit
from pipeline.runner.errors import Stopped
from pipeline.telemetry.progress import Progress, ProgressTask
from stores.errors import MmptError

if TYPE_CHECKING:
    from pipeline.encoders.cards import EncoderCard
    from pipeline.encoders.encoder import Encoder

_lock = threading.Lock()
_held: "dict[tuple[EncoderCard, str, str], Encoder] | None" = None
"""None where nothing is held: in a process that works for itself, an encoder goes when its stage is over."""


@dataclass(frozen=True)
class Failure:
    """An error of ours on its way to the client: as it is, whatever its class wants to be made from."""

    kind: type[MmptError]
    args: tuple[Any, ...]
    state: dict[str, Any]

    @classmethod
    def of(cls, error: MmptError) -> "Failure":
        """Pack an error."""
        return cls(type(error), error.args, dict(vars(error)))

    def error(self) -> MmptError:
        """The same error again."""
        error = self.kind.__new__(self.kind)
        error.args = self.args
        vars(error).update(self.state)
        return error


@dataclass(frozen=True)
class Answer(Generic[R]):
    """What a unit came to."""

    value: R | None = None
    failure: Failure | None = None

    def unpack(self) -> R:
        """The value.

        Raises:
            MmptError: what the unit raised, as it was.
        """
        if self.failure is not None:
            raise self.failure.error()
        return self.value  # type: ignore[return-value]


def take_on(unit: Unit[R], threads: int | None, tell: Callable[[str], None], stopped: Callable[[], bool]) -> Answer[R]:
    """Do a unit in a worker.

    Args:
        unit: what to do.
        threads: with how many threads torch computes; None leaves it alone.
        tell: takes a line of news.
        stopped: says whether the unit is wanted no longer.
    """
    global _held
    with _lock:
        _held = {} if _held is None else _held
    # Decoders are children of this process, and a daemon may not have any. They end by themselves when it is killed.
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
    try:
        with _computing_with(threads):
            return Answer(unit.run(WorkerProgress(tell if unit.talks else None, stopped)))
    except MmptError as error:
        return Answer(failure=Failure.of(error))


@contextmanager
def holding_encoder() -> Iterator[None]:
    """Hold the encoder in this process, too, while the block runs: for a run that comes back to it many times."""
    global _held
    before = _held
    _held = {} if before is None else before
    try:
        yield
    finally:
        _held = before


def load_encoder(card: "EncoderCard", device: str, compute: str) -> "Encoder":
    """Load an encoder, see `pipeline.encoders.load`; in a worker it is held for the next unit."""
    from pipeline.encoders.load import load_encoder as load

    if _held is None:
        return load(card, device, compute)
    with _lock:
        wanted = (card, device, compute)
        if wanted not in _held:
            _held.clear()  # before the next one is loaded: both may not fit
            _held[wanted] = load(card, device, compute)
        return _held[wanted]


class WorkerProgress(Progress):
    """Progress of a unit: lines of news, and the place where a unit notices that it is wanted no longer."""

    def __init__(self, tell: Callable[[str], None] | None, stopped: Callable[[], bool]):
        super().__init__(None if tell is None else Console(file=_Lines(tell), width=200))
        self._stopped = stopped

    @contextmanager
    def task(self, name: str, total: int | None = None, unit: str = "row") -> Iterator[ProgressTask]:
        """Show one piece of work of `total` units while the block runs."""
        task = _Task(name, total, unit, self._console, self._stopped)
        yield task
        if task.told != task.done:
            task.line()


class _Task(ProgressTask):
    def __init__(self, name: str, total: int | None, unit: str, out: Console | None, stopped: Callable[[], bool]):
        super().__init__(name, total, unit, None, out)
        self._stopped = stopped

    def advance(self, count: int = 1) -> None:
        if self._stopped():
            raise Stopped(self.name)
        super().advance(count)


class _Lines(io.StringIO):
    """A file that hands on whole lines."""

    def __init__(self, tell: Callable[[str], None]):
        super().__init__()
        self._tell = tell

    def flush(self) -> None:
        *lines, rest = self.getvalue().split("\n")
        self.seek(0)
        self.truncate()
        self.write(rest)
        for line in lines:
            self._tell(line)


@contextmanager
def _computing_with(threads: int | None) -> Iterator[None]:
    """Set torch's threads here: it keeps their number by thread, and units come in threads that the runner chooses."""
    if threads is not None:
        import torch

        torch.set_num_threads(threads)
    yield
