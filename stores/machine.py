"""Telling the machine's fault from a file's: a disk, a network or a limit that fails now may work again in a minute.

What such an error interrupted says nothing about the file. So the file is neither damaged nor empty nor of a wrong kind,
and nothing may be dropped, rejected or passed over because of it.
"""

import errno
import re

_NAMES = (
    # the disk, and what lies between it and us
    *("EIO", "EREMOTEIO", "ESTALE", "ENOMEDIUM", "ESHUTDOWN", "ETIME", "ETIMEDOUT", "ENOLINK", "ENOTCONN"),
    *("ENETDOWN", "ENETUNREACH", "ENETRESET", "EHOSTDOWN", "EHOSTUNREACH", "ENONET", "ECOMM"),
    *("ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EPIPE", "EPROTO", "EREMCHG"),
    # a file system that is broken, or that cannot do what it was asked for
    *("EUCLEAN", "EBADMSG", "EHWPOISON", "ENOTSUP", "EOPNOTSUPP", "EXDEV"),
    # limits of the process and of the machine
    *("EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EAGAIN", "EINTR", "EBUSY", "ENOLCK", "EUSERS"),
    # no room
    *("ENOSPC", "EDQUOT", "EROFS"),
)
MACHINE_ERRNOS = frozenset(getattr(errno, name) for name in _NAMES if hasattr(errno, name))
"""Error numbers that tell of the machine, not of the file that was asked for. A right that is not given is not among them."""

_OTHER_PLACE = (
    "The file system there lacks locks (flock), renaming or flushing; take a workspace on another, with -w FOLDER"
)
_TO_WRITERS = {
    errno.ENOLCK: _OTHER_PLACE,
    errno.ENOTSUP: _OTHER_PLACE,
    errno.ENOSYS: _OTHER_PLACE,
    errno.EINVAL: _OTHER_PLACE,
    errno.EXDEV: "Keep a workspace on one file system: no folder in it may be a mount or a link elsewhere",
}
_ADVICE = {
    errno.EMFILE: "Let the process open more files (`ulimit -n 4096`)",
    errno.ENFILE: "Close programs that hold many files open",
    errno.ENOMEM: "Give it more memory, or fewer `cache.workers`",
    errno.ENAMETOOLONG: "Take a shorter path",
    errno.ELOOP: "Look for links that lead to themselves",
    errno.EACCES: "Let this user read it (chmod u+r, and u+x for folders)",
    errno.EPERM: "Let this user read it",
}

# HDF5 keeps the system's number in its message: "unable to open file (…, errno = 24, error message = …)".
_TOLD = re.compile(r"\berrno = (\d+)")


def is_machine_error(error: BaseException) -> bool:
    """Tell whether an error, or one that it was raised from or during, is the machine's."""
    return machine_error(error) is not None


def machine_error(error: BaseException) -> OSError | MemoryError | None:
    """Return the machine's error among an error and those that it was raised from or during, or None.

    Libraries wrap what the system said, or raise another error while they clean up; so causes and contexts are followed.
    """
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        found = waiting.pop()
        if found is None or id(found) in seen:
            continue
        seen.add(id(found))
        if isinstance(found, MemoryError) or (isinstance(found, OSError) and error_number(found) in MACHINE_ERRNOS):
            return found
        waiting += found.exceptions if isinstance(found, BaseExceptionGroup) else ()
        waiting += [found.__cause__, None if found.__suppress_context__ else found.__context__]
    return None


def advice(number: int, writes: bool = True) -> str:
    """Return what a person can do against an error of this number, as a sentence without its full stop.

    Args:
        number: the system's.
        writes: whether it came of writing, locking or looking at a workspace; False where somebody's media were read.
    """
    if writes and number in _TO_WRITERS:
        return _TO_WRITERS[number]
    return _ADVICE.get(number, "See to the disk, or to the network that it is behind")


def error_number(error: OSError) -> int | None:
    """Return the system's number of an error, also where a library keeps it in its message alone."""
    if error.errno is not None:
        return error.errno
    told = _TOLD.search(str(error))
    return int(told[1]) if told else None
