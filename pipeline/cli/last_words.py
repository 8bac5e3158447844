"""The one place where whatever the operating system said, and nobody nearer told, becomes a message with its path.

Where files of a workspace are read or written, `stores.reading` and `stores.disk` tell it, with what is safe; where media are
read, `pipeline.reading` does. What is left comes here, from libraries most often.
"""

import errno
import io
import os
import resource
from pathlib import Path, PurePath
from traceback import walk_tb

from stores.machine import MACHINE_ERRNOS, advice, error_number, machine_error

_AGAIN = "What was published before is safe; type the same command again: it goes on from there."
_NO_ROOM = ("failed to map segment", "cannot allocate memory", "cannot map", "cannot create shared object")
"""What the dynamic loader says when a library finds no room among a process's addresses."""


def system_error_text(error: BaseException) -> str | None:
    """What to tell of an error that the operating system gave; None for any other, which is a defect of ours."""
    if isinstance(error, ImportError | OSError) and any(sign in str(error).lower() for sign in _NO_ROOM):
        return (
            f"a library could not be loaded, because there is no room for it in memory ({error}).{_limit()} torch alone asks for "
            "5 GB of addresses. Raise the limit (`ulimit -v unlimited`), or free memory; then type the same command again."
        )
    if isinstance(error, MemoryError):
        return f"there was not enough memory.{_limit()} {advice(errno.ENOMEM)}. {_AGAIN}"
    found = machine_error(error) or error
    if not isinstance(error, OSError) or not isinstance(found, OSError) or (number := error_number(found)) is None:
        return None
    named = _shown(found.filename) if found.filename else _path_at_hand(found) or _path_at_hand(error)
    return _told(found, number, named or "a file")


def _told(error: OSError, number: int, path: str) -> str:
    from pipeline.reading import machine_fault
    from stores.disk import told

    if isinstance(error, ConnectionError):
        return f"a connection failed: {os.strerror(number)}. See to the network, or to the service at its other end. {_AGAIN}"
    if isinstance(error, PermissionError):
        return (
            f"{path} may not be used by this user ({os.strerror(number)}). Let this user read it (chmod u+r, and u+x for "
            "folders), or name another; then type the same command again."
        )
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EXDEV):
        return told(error, Path(path))
    if number in MACHINE_ERRNOS - {errno.ENOTSUP, errno.EOPNOTSUPP}:
        return str(machine_fault(error, path))
    return f"{path} could not be used: {os.strerror(number)}. {advice(number)}. {_AGAIN}"


def _path_at_hand(error: BaseException) -> str | None:
    """The path that was worked on where an error came from: reading an open file, the system names none.

    That is what the innermost function which holds a path, or an open file with a name, holds. Further out it only says what was
    going on.
    """
    frames = [frame for frame, _ in walk_tb(error.__traceback__)][::-1]
    for distance, frame in enumerate(frames):
        for value in reversed(frame.f_locals.values()):
            path = value.name if isinstance(value, io.IOBase) and hasattr(value, "name") else value
            if isinstance(path, PurePath) or (path is not value and isinstance(path, str | bytes)):
                shown = _shown(str(path) if isinstance(path, PurePath) else path)
                return f"a file (while {shown} was worked on)" if distance else shown
    return None


def _shown(path: object) -> str:
    """A path that may hold bytes which are no text: they are shown as bytes."""
    if not isinstance(path, str | bytes):
        return str(path)
    return os.fsencode(path).decode(errors="backslashreplace")


def _limit() -> str:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return "" if limit == resource.RLIM_INFINITY else f" This process may take {limit / 1e9:.1f} GB (`ulimit -v`)."
