"""Media files as decoders read them.

libsndfile and FFmpeg take a read that fails for the end of the file, and go on with half of a sound; PIL calls it no image.
So they are given a file that keeps what the machine said, and whatever they made of it counts for nothing then.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from pipeline.media.errors import MediaError
from pipeline.reading import machine_fault, reading
from pipeline.reading.regular import NOT_REGULAR, open_regular
from stores.machine import is_machine_error

UNREAD = ("no such file", "not a file", "not readable")
"""Reasons that say nothing about what is in a file, up to their colon."""
_BUFFER = 1 << 16


@contextmanager
def open_media(path: str) -> Iterator[BinaryIO]:
    """Open a file with at least one byte; it has the file's name, no descriptor, and gives nothing after a failed read.

    Raises:
        MediaError: there is no such file, it may not be read, or it is empty.
        MachineFault: the machine failed, now or while the block read.
    """
    with reading(path):
        raw = _open(path)
    with raw, io.BufferedReader(raw, _BUFFER) as file:  # type: ignore[type-var]
        try:
            if not file.peek(1) and raw.fault is None:
                raise MediaError("empty file")
            yield file
        except Exception:
            raw.require_whole()
            raise
        raw.require_whole()


class _Kept(io.FileIO):
    """A file that keeps the first error of reading it and then seems to be at its end."""

    fault: OSError | None = None

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """As `FileIO.readinto`, without errors."""
        try:
            return super().readinto(buffer) or 0
        except OSError as error:
            self.fault = self.fault or error
            return 0

    def readall(self) -> bytes:
        """As `FileIO.readall`, without errors."""
        pieces = []
        piece = bytearray(1 << 20)
        while count := self.readinto(piece):
            pieces.append(bytes(piece[:count]))
        return b"".join(pieces)

    def require_whole(self) -> None:
        """Check that nothing failed so far."""
        if self.fault is not None:
            raise machine_fault(self.fault, self.name) from self.fault

    def fileno(self) -> int:
        """Refused: what reads the descriptor itself (libtiff) would keep an error to itself."""
        raise io.UnsupportedOperation("fileno")


def _open(path: str) -> _Kept:
    try:
        return open_regular(path, _Kept)
    except PermissionError:
        raise MediaError("not readable: permission denied") from None
    except (OSError, ValueError) as error:  # the latter where the name holds a zero byte
        if isinstance(error, OSError) and is_machine_error(error):
            raise
        regular = str(error) != NOT_REGULAR
        raise MediaError("no such file" if regular else "not a file") from None
