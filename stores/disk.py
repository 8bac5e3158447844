"""What a disk does and refuses: bytes flushed and hashed; refusals told as errors of ours, be it full, read-only or out of reach.

A half-written file is under a temporary name, so it counts for nothing; who could not end it takes it away, since it fills the
disk. What was published before stays.
"""

import errno
import getpass
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stores.address import Location, is_remote
from stores.errors import DiskError, MmptError
from stores.machine import MACHINE_ERRNOS, advice, error_number

TEMPORARY = ".tmp-"
"""Start of the name of a file that is still being written; rubbish if nobody holds the artifact's lock."""

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
_UNABLE = frozenset(
    (
        errno.EXDEV,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
        errno.ENOSYS,
        errno.EINVAL,
        errno.ENAMETOOLONG,
        errno.ELOOP,
        errno.EMLINK,
    )
)
"""What a file system cannot do, or does not do with such a name."""
_AGAIN = "What was published before is safe; type the same command again: it goes on from there."


@contextmanager
def writing(path: Path, temporary: Path | None = None) -> Iterator[None]:
    """Tell what the disk refuses while `path` is made; other errors pass as they are.

    Args:
        path: what is made, for the message.
        temporary: removed if the block does not end well.

    Raises:
        DiskError: it cannot be written; also an `OSError`, so who takes care of those takes care of it.
    """
    try:
        yield
    except BaseException as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and (text := told(error, path)):
            raise DiskError(text) from error
        raise


def is_forbidden(error: BaseException) -> bool:
    """Whether a right is missing, or the file system is read-only: looking at a workspace needs neither."""
    cause = error.__cause__ or error
    return isinstance(cause, OSError) and cause.errno in _FORBIDDEN


def told(error: OSError, path: Path) -> str:
    """What to tell of an error that a disk gave while `path` was used; empty for errors of another kind."""
    if error.errno is None and not isinstance(
        error, MmptError
    ):  # a library says in words what the system said in a number
        return f"{path} could not be written: {error}. {advice(error_number(error) or 0)}. {_AGAIN}"
    what = f"{path} could not be written: {os.strerror(error.errno)}" if error.errno else ""
    if error.errno in _FULL:
        return (
            f"{what}{_free(path)}. Make room there (`mmpt-pipeline store gc -w WORKSPACE` removes what no run needs), or take "
            f"a workspace on a larger disk. {_AGAIN}"
        )
    if error.errno == errno.EISDIR:
        return f"{what}: a folder has its name. Move that folder away. {_AGAIN}"
    if error.errno == errno.EFBIG:
        return (
            f"{what}: more than this process may write into one file. Raise the limit (`ulimit -f unlimited`). {_AGAIN}"
        )
    if error.errno in _FORBIDDEN:
        return (
            f"{what}, for user {_user()}. Let that user write into {_nearest(path)}, or take another workspace with "
            f"-w FOLDER. {_AGAIN}"
        )
    if error.errno is not None and error.errno in MACHINE_ERRNOS | _UNABLE:
        return f"{what}. {advice(error.errno)}. {_AGAIN}"
    return ""


def flush(path: Location) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    if is_remote(path):
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def flush_folder(folder: Location) -> None:
    """Wait until a folder's names are on the disk.

    Raises:
        DiskError: they could not be brought there.
    """
    if not is_remote(folder):
        with writing(folder):
            flush(folder)


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def free_bytes(path: Path) -> int | None:
    """Bytes that are free where a file would be written; None where that cannot be told. A quota may allow less."""
    try:
        return shutil.disk_usage(_nearest(path)).free
    except OSError:
        return None


def _free(path: Path) -> str:
    try:
        usage = shutil.disk_usage(_nearest(path))
    except OSError:
        return ""
    return f" ({usage.free / 1e6:,.1f} of {usage.total / 1e6:,.1f} MB are free; a quota may allow less)"


def _nearest(path: Path) -> Path:
    """The nearest folder above a path that is there and can be seen."""
    folder = path.absolute().parent
    while not os.path.isdir(folder):
        folder = folder.parent
    return folder


def _user() -> str:
    try:
        return f"{getpass.getuser()} ({os.geteuid()})"
    except (KeyError, OSError):  # a container may run as a user without a name
        return str(os.geteuid())
