"""Standard output and standard error as ordinary files: full, closed, or with nobody who reads them any more.

What is printed at the end of a command is its result, so a result that cannot be written is an error. What is told on the way
is not: a run goes on whether or not anybody hears of it.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stores.errors import MmptError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class OutputError(MmptError):
    """Standard output cannot be written."""


class ReaderGone(OutputError):
    """Nobody reads standard output any more, as behind `| head`: no error, but there is nothing left to print for."""


@contextmanager
def told_output() -> Iterator[None]:
    """While the block runs, standard output tells why it cannot be written.

    A stream that was put in its place by somebody else, such as a test, is left alone.

    Raises:
        OutputError: what the block printed could not be written.
        ReaderGone: nobody wanted more of it.
    """
    out = sys.stdout
    try:
        if isinstance(out, io.TextIOWrapper) and _is_number(out, 1):
            sys.stdout = _replaced(out, _Output(1, "w", closefd=False))
        try:
            yield
        except SystemExit:  # which typer leaves with, when all went well, too
            sys.stdout.flush()
            raise
        sys.stdout.flush()
    finally:
        sys.stdout = out


@contextmanager
def lossy_news() -> Iterator[None]:
    """While the block runs, standard error never fails, and all three streams are there; see `told_output`."""
    _open_closed_ones()
    err = sys.stderr
    try:
        if isinstance(err, io.TextIOWrapper) and _is_number(err, 2):
            sys.stderr = _replaced(err, _News(2, "w", closefd=False))
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = err


class _Output(io.FileIO):
    """A stream whose first failure is told; what comes after it is let go, also at the interpreter's end."""

    failed = False

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write, or tell why not."""
        if self.failed:
            return memoryview(data).nbytes
        try:
            return super().write(data)
        except BrokenPipeError:
            self.failed = True
            raise ReaderGone("nobody reads standard output") from None
        except OSError as error:
            self.failed = True
            raise OutputError(
                f"standard output could not be written: {error.strerror}. What the command made is published and safe. Write "
                "to a place with room (`> FILE`), and type the same command again."
            ) from error


class _News(io.FileIO):
    """A stream that loses what it cannot write."""

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write, if that is possible."""
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def _is_number(stream: io.TextIOWrapper, number: int) -> bool:
    try:
        return stream.fileno() == number
    except (OSError, ValueError):
        return False


def _replaced(stream: io.TextIOWrapper, raw: io.FileIO) -> io.TextIOWrapper:
    """The same text stream over another raw one."""
    stream.flush()
    buffered = io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffered, encoding=stream.encoding, errors=stream.errors, line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )  # fmt: skip


def _open_closed_ones() -> None:
    """A command that is started without standard output (`>&-`) must not have its files open under that number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(number, "w" if number else "r", closefd=False))
