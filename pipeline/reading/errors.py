"""The machine could not read at this moment, which says nothing about the file that was asked for."""

import errno
import os
from pathlib import Path
from types import TracebackType

from pipeline.reading.patience import Step, begin, end
from stores.errors import MmptError
from stores.machine import advice, error_number, machine_error

_AGAIN = "What was published before is safe; type the same command again: it goes on from there."


class MachineFault(MmptError):
    """A file or folder could not be read because of the machine; its cause is what the system said."""


def machine_fault(error: BaseException, path: str | Path) -> MachineFault:
    """What to raise, from `error`, where the machine kept `path` from being read.

    Args:
        error: one of which `stores.machine.is_machine_error` is true, or one that the reading of an open file gave.
        path: what was read.
    """
    found = machine_error(error) or error
    number = error_number(found) if isinstance(found, OSError) else errno.ENOMEM
    said = os.strerror(number) if number else str(found) or type(found).__name__
    return MachineFault(
        f"{path} could not be read: {said}. This is the machine's fault, so nothing is concluded about the file, and no row is "
        f"rejected for it. {advice(number or 0, writes=False)}. {_AGAIN}"
    )


class reading:  # noqa: N801 - used as a function
    """A block that reads `path`: the machine's errors in it become a `MachineFault`, others pass as they are.

    Under `patiently` the block has its time only, see there.
    """

    def __init__(self, path: object):
        self._path = path

    def __enter__(self) -> None:
        """Begin a step of reading."""
        self._step: Step = begin(self._path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it.

        Raises:
            MachineFault: the machine failed.
        """
        end(self._step)
        if isinstance(error, OSError | MemoryError) and not isinstance(error, MmptError):
            found = machine_error(error)
            if found is not None:
                raise machine_fault(found, str(self._path)) from error
