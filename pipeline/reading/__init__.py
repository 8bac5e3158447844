"""Reading files that are not ours: the machine's faults are told from the file's, pipes are not waited for, time is limited.

Whatever opens or lists somebody's media goes through here, so that a disk that fails for a moment never becomes the verdict on a
file.
"""

import errno
import os
from collections.abc import Callable
from typing import TypeVar

from pipeline.reading.errors import MachineFault, machine_fault, reading
from pipeline.reading.patience import LIMIT_S, TooLong, in_time

__all__ = ["MachineFault", "machine_fault", "patiently", "reading"]

T = TypeVar("T")


def patiently(work: Callable[[], T], limit_s: float | None = None) -> T:
    """Do work that reads; every `reading` block in it may take so long and no longer.

    Args:
        work: is called in a thread of its own.
        limit_s: seconds of one step; by default `patience.LIMIT_S`.

    Raises:
        MachineFault: a step took more than two to three times the limit.
    """
    try:
        return in_time(work, LIMIT_S if limit_s is None else limit_s)
    except TooLong as late:
        silent = TimeoutError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        raise machine_fault(silent, late.path) from silent
