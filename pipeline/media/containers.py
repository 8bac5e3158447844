"""Opening and demuxing of media containers by PyAV, with short reasons instead of FFmpeg's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import av
import av.error

from pipeline.media.errors import MediaError


@contextmanager
def open_container(path: str, kind: str) -> Iterator[Any]:
    """Open a container for reading; FFmpeg's errors inside the block become reasons that begin with `kind`.

    Raises:
        MediaError: the file is no container, or is broken where the block reads it.
    """
    try:
        container = av.open(path)
    except (av.error.FFmpegError, UnicodeError, OverflowError) as error:
        raise MediaError("truncated" if _is_mp4(path) else _reason(error, kind)) from None
    try:
        with container:
            yield container
    except av.error.FFmpegError as error:
        raise MediaError(_reason(error, kind)) from None


def packets_of(container: Any, stream: Any, kind: str) -> Iterator[Any]:
    """Yield a stream's packets, the flushing one included.

    Raises:
        MediaError: a packet is cut off or cannot be read.
    """
    stream.thread_type = "AUTO"
    try:
        for packet in container.demux(stream):
            # FFmpeg marks a packet that ends before the index says so, and goes on as if nothing had happened.
            if packet.is_corrupt:
                raise MediaError("truncated")
            yield packet
    except av.error.FFmpegError as error:
        raise MediaError(_reason(error, kind)) from None


def _is_mp4(path: str) -> bool:
    """Tell whether the file begins as MP4: one that does and cannot be opened has lost its index at the end."""
    with open(path, "rb") as file:
        return file.read(12)[4:8] == b"ftyp"


def _reason(error: Exception, kind: str) -> str:
    name = type(error).__name__
    return f"{kind}: {getattr(error, 'strerror', None) or error} ({name})"
