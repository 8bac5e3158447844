"""One process that does what it is told through a pipe, and ends with the process that it works for."""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, spawn
from multiprocessing.reduction import ForkingPickler
from typing import Any

_LINGER_S = 10.0
_UNKNOWN = 255  # somebody else has waited for it
_NAME = "process-pool"
_MAIN = ("init_main_from_name", "init_main_from_path")
"""What multiprocessing calls the program that a process would begin by running again."""
_births_and_deaths = threading.Lock()
"""multiprocessing keeps the processes of all threads in one set, which any start looks through."""


class ProcessEnded(Exception):
    """A process ended before it had answered.

    Attributes:
        exitcode: as `multiprocessing.Process.exitcode` has it: below zero, the signal that ended it.
    """

    def __init__(self, exitcode: int):
        super().__init__(exitcode)
        self.exitcode = exitcode


class Process:
    """A process, seen from the one that it works for.

    Args:
        context: how it is started, of `multiprocessing.get_context`.
        prepare: what it calls first, with `arguments`.
    """

    def __init__(self, context: Any, prepare: Callable[..., None] | None, arguments: tuple[Any, ...]):
        self._pipe, theirs = context.Pipe()
        with _births_and_deaths, theirs, _main_aside() as main:
            self._process = context.Process(target=_work, args=(theirs, prepare, arguments, main), name=_NAME)
            self._process.start()

    def take(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> bool:
        """Give it a task; False if it ended before it had begun with it, so that the task is not to blame."""
        try:
            self._pipe.send((function, arguments))
            self._receive()
        except (EOFError, OSError):
            return False
        return True

    def answer(self) -> tuple[bool, Any]:
        """Wait until its task is done.

        Returns:
            whether the function returned, and what; else the error that it raised.

        Raises:
            ProcessEnded: it ended first.
        """
        try:
            returned, value = self._receive()
        except (EOFError, OSError):
            raise ProcessEnded(self._exitcode()) from None
        return returned, value

    def _receive(self) -> Any:
        # Not from the pipe alone: a child that it has left behind may hold the other end.
        if self._pipe in connection.wait([self._pipe, self._process.sentinel]):
            return self._pipe.recv()
        raise EOFError

    def kill(self) -> None:
        """End it, whatever it is doing."""
        if not self._has_ended():
            with suppress(ProcessLookupError):  # the server that started it tells of its end a moment later
                os.kill(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Have it end, and wait until it is gone."""
        self.kill()
        self._exitcode()
        self._pipe.close()

    def _has_ended(self, within_s: float | None = 0) -> bool:
        return bool(connection.wait([self._process.sentinel], within_s))

    def _exitcode(self) -> int:
        if not self._has_ended(_LINGER_S):  # behind a broken pipe
            self.kill()
            self._has_ended(None)
        with _births_and_deaths:
            self._process.join()
        found = self._process.exitcode
        return _UNKNOWN if found is None else int(found)


@contextmanager
def _main_aside() -> Iterator[dict[str, Any]]:
    """Processes of ours start without the program that starts them; gives what is known of that program.

    Otherwise a script without `if __name__ == "__main__":` would be run again by each of them, and would start processes itself.
    Processes of others are started as ever.
    """
    whole = spawn.get_preparation_data

    def prepared(name: str) -> dict[str, Any]:
        data = whole(name)
        return {key: value for key, value in data.items() if name != _NAME or key not in _MAIN}

    spawn.get_preparation_data = prepared
    try:
        yield {key: value for key, value in whole(_NAME).items() if key in _MAIN}
    finally:
        spawn.get_preparation_data = whole


def _work(pipe: Any, prepare: Callable[..., None] | None, arguments: tuple[Any, ...], main: dict[str, Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all of them; who they work for decides
    _end_with_parent()
    if prepare is not None:
        prepare(*arguments)
    while True:
        try:
            function, arguments = _unpacked(pipe.recv_bytes(), main)
        except (EOFError, OSError):  # who it works for is gone
            return
        except Exception as error:
            function, arguments = _refuse, (error,)
        pipe.send("begun")
        _do(pipe, function, arguments)


def _unpacked(task: bytes, main: dict[str, Any]) -> Any:
    """A task; where it names a function of the program itself, that is run under another name first, as multiprocessing does."""
    try:
        return ForkingPickler.loads(task)
    except AttributeError:
        spawn.prepare(main)
        return ForkingPickler.loads(task)


def _refuse(error: Exception) -> None:
    raise error


def _do(pipe: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        pipe.send((True, function(*arguments)))
    except Exception as error:
        error.add_note("".join(traceback.format_exception(error)))
        pipe.send((False, error))


def _end_with_parent() -> None:
    """Also where it is killed while this process computes and does not read its pipe."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
