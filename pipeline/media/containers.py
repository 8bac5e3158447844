"""Opening and demuxing of media containers by PyAV, with short reasons instead of FFmpeg's errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import av
import av.error

from pipeline.media.errors import MediaError
from pipeline.media.opened import open_media

_VIDEO = "mov,mp4,matroska,webm,avi,flv,mpeg,mpegvideo,mpegts,asf,dv,mxf,nut,ivf,h264,hevc,m4v,yuv4mpegpipe,rm,gif"
_SOUND = "ogg,wav,w64,flac,mp3,aac,aiff,caf,au,amr,ac3,eac3,ape,wv,tta,voc"
_STILL = "png_pipe,jpeg_pipe,bmp_pipe,webp_pipe,tiff_pipe,gif_pipe,ppm_pipe,image2"  # opened to be told apart
_OPTIONS = {
    # A playlist (HLS, DASH, concat) may be live, hold itself, or name files and servers that nobody meant.
    "format_whitelist": ",".join((_VIDEO, _SOUND, _STILL)),
    "protocol_whitelist": "file",
}


@contextmanager
def open_container(path: str, kind: str) -> Iterator[Any]:
    """Open a container for reading; FFmpeg's errors inside the block become reasons that begin with `kind`.

    Raises:
        MediaError: the file is no container, is broken where the block reads it, or names other files.
        MachineFault: the machine failed while the file was read.
    """
    with open_media(path) as file, _open_container(file, kind) as container:
        yield container


@contextmanager
def _open_container(file: BinaryIO, kind: str) -> Iterator[Any]:
    try:
        container = av.open(file, options=dict(_OPTIONS))
    except av.error.ArgumentError:
        raise MediaError(f"{kind}: a container that is not read, e.g. a playlist") from None
    except (av.error.FFmpegError, UnicodeError, OverflowError) as error:
        raise MediaError("truncated" if _is_mp4(file) else _reason(error, kind)) from None
    try:
        with container:
            yield container
    except av.error.FFmpegError as error:
        raise MediaError(_reason(error, kind)) from None


def decoder_of(stream: Any, kind: str) -> Any:
    """Return the codec context of a stream.

    Raises:
        MediaError: FFmpeg has no decoder for it, as after a flipped bit in the codec's name.
    """
    if stream.codec_context is None:
        raise MediaError(f"{kind}: unknown codec")
    return stream.codec_context


def packets_of(container: Any, stream: Any, kind: str, left_open: bool = False) -> Iterator[Any]:
    """Yield a stream's packets, the flushing one included.

    Args:
        container: what was opened.
        stream: one of its streams.
        kind: how reasons begin.
        left_open: whether the header does not say where the stream ends, so that its last packet may be short.

    Raises:
        MediaError: a packet is cut off or cannot be read, or there is no decoder for it.
    """
    decoder_of(stream, kind).thread_type = "AUTO"
    try:
        for packet in container.demux(stream):
            # FFmpeg marks a packet that ends before the index says so, and goes on as if nothing had happened.
            if packet.is_corrupt and not left_open:
                raise MediaError("truncated")
            yield packet
    except av.error.FFmpegError as error:
        raise MediaError(_reason(error, kind)) from None


def _is_mp4(file: BinaryIO) -> bool:
    """Tell whether the file begins as MP4: one that does and cannot be opened has lost its index at the end."""
    file.seek(0)
    return file.read(12)[4:8] == b"ftyp"


def _reason(error: Exception, kind: str) -> str:
    if isinstance(error, MemoryError):
        return "too large: out of memory"
    name = type(error).__name__
    return f"{kind}: {getattr(error, 'strerror', None) or error} ({name})"
