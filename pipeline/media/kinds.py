"""What a file holds, told from its first bytes, or from its name where they say nothing."""

from contextlib import suppress
from pathlib import Path

from pipeline.datasets.folder import EXTENSIONS
from pipeline.reading import reading
from pipeline.reading.regular import LivingFile, open_regular

_STARTS = (
    (0, b"\x89PNG", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF8", "image"),
    (0, b"BM", "image"),
    (0, b"II*\0", "image"),
    (0, b"MM\0*", "image"),
    (8, b"WEBP", "image"),
    (8, b"WAVE", "audio"),
    (0, b"fLaC", "audio"),
    (0, b"OggS", "audio"),
    (0, b"ID3", "audio"),
    (8, b"AIF", "audio"),
    (4, b"ftypM4A", "audio"),
    (4, b"ftyp", "video"),
    (8, b"AVI ", "video"),
    (0, b"\x1aE\xdf\xa3", "video"),  # Matroska and WebM
    (0, b"FLV", "video"),
    (0, b"\0\0\1\xba", "video"),  # MPEG program stream
)


def media_kind(path: str | Path) -> str | None:
    """Tell "image", "audio" or "video"; None where neither bytes nor name say.

    Raises:
        MachineFault: the machine failed while the file was read.
    """
    head = b""
    with suppress(OSError, ValueError), reading(path), open_regular(path, LivingFile) as file:
        head = file.read(16)
    for offset, start, kind in _STARTS:
        if head[offset : offset + len(start)] == start:
            return kind
    suffix = Path(path).suffix.lower()
    return next((kind for kind, suffixes in EXTENSIONS.items() if suffix in suffixes), None)
