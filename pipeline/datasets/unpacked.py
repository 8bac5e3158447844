"""The bytes of a tar, plain or packed, a bounded piece at a time.

Ten kilobytes of bzip2 may hold ten gigabytes, and the header of an xz may ask for a dictionary of four. tarfile unpacks at once
whatever it has read, and gives a dictionary what it asks for.
"""

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Protocol

_PIECE = 1 << 16
_MOST_MEMORY = 256 << 20
_STARTS: tuple[tuple[bytes, "Callable[[], _Decoder]"], ...] = (
    (b"\x1f\x8b\x08", lambda: _Gzip()),
    (b"BZh", bz2.BZ2Decompressor),
    (b"\xfd7zXZ", lambda: _Xz()),
    (b"\x5d\x00\x00\x80", lambda: _Xz()),
)


class _Decoder(Protocol):
    """What unpacks one stream, as those of bz2 and lzma do."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def unpacked(file: io.RawIOBase) -> io.RawIOBase:
    """What a file holds, unpacked if it is packed with gzip, bzip2, xz or lzma; to be read from its start to its end.

    Reading raises `EOFError` where the packing is cut off, and `zlib.error`, `lzma.LZMAError` or `OSError` (without a number)
    where it is broken, or asks for more memory than such a file may take.
    """
    start = file.read(6) or b""
    file.seek(0)
    decoder = next((made for sign, made in _STARTS if start.startswith(sign)), None)
    return file if decoder is None else _Unpacked(file, decoder)


class _Unpacked(io.RawIOBase):
    """The bytes of a packed file, in pieces; streams that stand one after the other are one."""

    def __init__(self, file: io.RawIOBase, make: Callable[[], _Decoder]):
        self._file, self._make, self._decoder = file, make, make()

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, and at most 64 KiB; none at the end."""
        most = _PIECE if size < 0 else min(size, _PIECE)
        while most:
            if self._decoder.eof:
                rest = self._decoder.unused_data or self._file.read(_PIECE) or b""
                if not rest.strip(b"\0"):  # what a tape or a disk adds
                    break
                self._decoder = self._make()
            elif self._decoder.needs_input:
                rest = self._file.read(_PIECE) or b""
                if not rest:
                    raise EOFError("its packing is cut off")
            else:
                rest = b""
            if piece := self._decoder.decompress(rest, most):
                return piece
        return b""


class _Gzip:
    """One stream of gzip."""

    def __init__(self) -> None:
        self._inner, self._full = zlib.decompressobj(31), False

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return not self._inner.unconsumed_tail and not self._full

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        found = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self._full = len(found) == max_length  # then more of it may wait inside
        return found


class _Xz:
    """One stream of xz or of the older lzma, whose dictionary has its bounds."""

    def __init__(self) -> None:
        self._inner = lzma.LZMADecompressor(memlimit=_MOST_MEMORY)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def needs_input(self) -> bool:
        return self._inner.needs_input

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        try:
            return self._inner.decompress(data, max_length)
        except lzma.LZMAError as error:
            if "memory usage limit" not in str(error).lower():
                raise
            told = f"unpacking it takes a dictionary of more than {_MOST_MEMORY >> 20} MB; pack it again with `xz -9` or less"
            raise lzma.LZMAError(told) from error
