"""What a file holds, told from its first bytes, or from its name where they say nothing."""

import os
from contextlib import suppress
from pathlib import Path

EXTENSIONS = {
    "image": {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm"},
    "audio": {".wav", ".flac", ".mp3", ".ogg", ".m4a", ".aac", ".opus", ".wma", ".aiff"},
    "video": {".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".mpg", ".mpeg", ".flv", ".wmv"},
    "text": {".txt", ".md"},
}
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
    """Tell "image", "audio" or "video"; None where neither bytes nor name say."""
    head = b""
    if os.path.isfile(path):  # a pipe would be waited for
        with suppress(OSError), open(path, "rb") as file:
            head = file.read(16)
    for offset, start, kind in _STARTS:
        if head[offset : offset + len(start)] == start:
            return kind
    suffix = Path(path).suffix.lower()
    return next((kind for kind, suffixes in EXTENSIONS.items() if suffix in suffixes), None)
