"""Opening regular files only: a pipe would be waited for, a device or a file of the kernel would be read for ever."""

import hashlib
import io
import os
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import TypeVar

from pipeline.reading.errors import reading

NOT_REGULAR = "not a regular file"
WAITS = "not a regular file: reading it waits for something"
MOST_BYTES = 1 << 40
"""Larger than any media file; the kernel shows the whole memory as one file, which is larger."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_ALL_MAY_READ = 0o444
_PIECE = 1 << 20

F = TypeVar("F", bound=io.FileIO)


def require_regular(path: str | Path) -> os.stat_result:
    """Check that a file can be read, without opening it where its mode says so; returns its status.

    Raises:
        OSError: it is not there, is no regular file, may not be read by this user, or is too large for media.
    """
    try:
        found = os.stat(path)
    except ValueError:  # a table is somebody else's text
        raise OSError("no file has such a name: it holds a zero byte") from None
    if S_ISDIR(found.st_mode):
        raise OSError("a folder, not a file")
    if not S_ISREG(found.st_mode):
        raise OSError(NOT_REGULAR)
    if found.st_size > MOST_BYTES:
        raise OSError(f"{found.st_size:,} bytes long, at most {MOST_BYTES:,}")
    # The mode says yes for nearly all files, and costs nothing. Where it does not, opening tells what is wrong.
    if found.st_mode & _ALL_MAY_READ != _ALL_MAY_READ and not os.access(path, os.R_OK):
        open_regular(path, LivingFile).close()
    return found


def open_regular(path: str | Path, kind: type[F]) -> F:
    """Open a regular file for unbuffered reading, as `kind`; nothing is waited for, whatever it turns out to be.

    Raises:
        OSError: it is not there, is no regular file, or may not be read.
    """
    if not S_ISREG(os.stat(path).st_mode):  # opening alone may start what a device does
        raise OSError(NOT_REGULAR)
    return kind(str(path), "rb", opener=_open)


class LivingFile(io.FileIO):
    """A file of which every read is a step of its own, see `reading`: also where it is read while something else is written."""

    def read(self, size: int | None = -1) -> bytes:
        """As `FileIO.read`.

        Raises:
            MachineFault: the machine failed.
            OSError: it would have to be waited for.
        """
        with reading(self.name):
            found = self._read(size)
        if found is None:
            raise OSError(WAITS)
        return found

    def _read(self, size: int | None) -> bytes | None:
        return super().read(size)


def key_of(path: str | Path) -> str:
    """The key of a regular file's bytes: `stores.file_key`, read with signs of life.

    Raises:
        OSError: it cannot be read to its end.
    """
    digest = hashlib.blake2b(digest_size=16)
    with open_regular(path, LivingFile) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def read_bytes(path: str | Path, most: int = MOST_BYTES) -> bytes:
    """The whole of a regular file, or a little more than `most` bytes of a longer one.

    Raises:
        OSError: it cannot be read to its end.
    """
    found = bytearray()
    with open_regular(path, LivingFile) as file:
        while len(found) <= most and (piece := file.read(_PIECE)):
            found += piece
    return bytes(found)


def _open(path: str, _: int) -> int:
    descriptor = os.open(path, _FLAGS)
    try:
        if not S_ISREG(os.fstat(descriptor).st_mode):  # it was replaced meanwhile
            raise OSError(NOT_REGULAR)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
