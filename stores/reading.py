"""What the machine refuses while files of a workspace are read, told as that, and never taken for damage.

A file is damaged if its bytes are not those that were published, or if it is gone. An error of the disk, of the network or of a
limit says neither, and the same command may well succeed in a minute; so it ends the command, and nothing is dropped for it.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stores.errors import StoreError, UnreadableError
from stores.machine import advice, error_number, machine_error

_ABSENT = (errno.ENOENT, errno.ENOTDIR)
_SAFE = "This says nothing about what it holds: nothing was dropped. Then type the same command again."


@contextmanager
def reading(path: object) -> Iterator[None]:
    """Tell what the machine refuses while `path` is read; that it is gone, and errors of other kinds, pass as they are.

    Raises:
        UnreadableError: the machine could not read it.
    """
    try:
        yield
    except StoreError:
        raise
    except (OSError, MemoryError) as error:
        if (refused := refusal(path, error)) is None:
            raise
        raise refused from error


def refusal(path: object, error: BaseException) -> UnreadableError | None:
    """What to tell of an error that came while `path` was read, if it is the machine's or a missing right; otherwise None."""
    number = _number(error)
    if number is None or number in _ABSENT:
        return None
    return UnreadableError(f"{path} could not be read: {os.strerror(number)}. {advice(number)}. {_SAFE}")


def not_understood(path: Path, error: BaseException) -> UnreadableError:
    """What to tell of a file whose bytes are those that were published, and that a library still does not read."""
    return UnreadableError(
        f"{path} could not be read ({error}), although its bytes are those that were published, so dropping it would mend "
        "nothing. Read it with the versions of h5py and pyarrow that the version of mmpt-pipeline which wrote it asks for."
    )


def _number(error: BaseException) -> int | None:
    found = machine_error(error)
    if isinstance(found, MemoryError):
        return errno.ENOMEM
    if found is not None:
        return error_number(found)
    return error_number(error) if isinstance(error, OSError) else None
