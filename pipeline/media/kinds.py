"""What a file holds, told from its first bytes, or from its name where they say nothing."""

import os
import re
from contextlib import suppress
from pathlib import Path

from pipeline.media.formats import ALSO, EXTENSIONS
from pipeline.media.iso_brands import iso_format
from pipeline.reading import reading
from pipeline.reading.regular import LivingFile, open_regular

_HEAD_BYTES = 512
_EITHER = "sound or video"
_OGG = "sound or video in Ogg"
_STARTS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG", "image"),
    (0, b"\xff\xd8\xff", "image"),
    (0, b"GIF87a", "image"),
    (0, b"GIF89a", "image"),
    (0, b"II*\0", "image"),
    (0, b"MM\0*", "image"),
    (0, b"II+\0", "image"),
    (0, b"MM\0+", "image"),
    (8, b"WEBP", "image"),
    (0, b"\0\0\0\x0cjP  ", "image"),
    (0, b"\xff\x4f\xff\x51", "image"),  # a bare JPEG 2000 stream
    (0, b"\0\0\0\x0cJXL ", "image"),
    (0, b"\xff\x0a", "image"),  # a bare JPEG XL stream
    (8, b"WAVE", "audio"),
    (0, b"riff\x2e\x91\xcf\x11", "audio"),
    (0, b"fLaC", "audio"),
    (8, b"AIF", "audio"),
    (0, b".snd", "audio"),
    (0, b"caff\0", "audio"),
    (0, b"Creative Voice File", "audio"),
    (0, b"NIST_1A", "audio"),
    (0, b"#!AMR", "audio"),
    (0, b"wvpk", "audio"),
    (0, b"TTA1", "audio"),
    (0, b"OggS", _OGG),
    (0, b"\x1aE\xdf\xa3", _EITHER),  # Matroska and WebM
    (0, b"0&\xb2u\x8ef\xcf\x11", _EITHER),  # Windows Media
    (0, b".RMF", _EITHER),
    (8, b"AVI ", "video"),
    (0, b"FLV\1", "video"),
    (0, b"\0\0\1\xba", "video"),  # MPEG program stream
    (0, b"\0\0\1\xb3", "video"),  # MPEG video stream
    (0, b"\x06\x0e+4\x02\x05\x01\x01", "video"),  # MXF
    (0, b"YUV4MPEG2", "video"),
    (0, b"DKIF\0\0", "video"),
    (0, b"nut/multimedia", "video"),
)
_PATTERNS: tuple[tuple[re.Pattern[bytes], str], ...] = (
    (re.compile(rb"P[1-6][ \t\r\n]+[#0-9]|P[fF][ \t\r\n]+[0-9]"), "image"),
    (re.compile(rb"BM.{4}\0{4}", re.DOTALL), "image"),  # "BMW", a text may begin so
    (re.compile(rb"\0\0[\1\2]\0[^\0]\0", re.DOTALL), "image"),  # icons
    (re.compile(rb"\n[\0-\x05]\x01[\x01\x02\x04\x08]", re.DOTALL), "image"),  # PCX
    (re.compile(rb"ID3[\2-\4]"), "audio"),
    (re.compile(rb"d\xa3[\1-\4]\0|\0[\1-\4]\xa3d"), "audio"),  # IRCAM
    # A bare frame of MPEG audio: version, layer and rate are those that exist. FF FE begins texts in UTF-16.
    (re.compile(rb"\xff[\xe2-\xe7\xf0-\xfd][\0-\xef]", re.DOTALL), "audio"),
    (re.compile(rb"\x0bw.{3}[\x20-\x9f]", re.DOTALL), "audio"),  # AC-3
    (re.compile(rb"(?:G.{187}){2}G|.{4}(?:G.{191}){2}G", re.DOTALL), "video"),  # MPEG transport stream
)
_VIDEO_IN_OGG = (b"\x80theora", b"OVP80", b"BBCD\0")
_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # QuickTime from before there was ftyp


def media_kind(path: str | Path) -> str | None:
    """Tell "image", "audio" or "video" by content; by the name, also "text"; None where neither says.

    Raises:
        MachineFault: the machine failed while the file was read.
    """
    kind = _of_content(_head(path))
    named = named_kind(path)
    if kind is not None and kind.startswith(_EITHER):
        return named if named in ("audio", "video") else "audio" if kind == _OGG else "video"
    return kind or named


def named_kind(path: str | Path) -> str | None:
    """What the name of a file says that it is."""
    suffix = os.path.splitext(path)[1].lower()
    return next((kind for kind, suffixes in EXTENSIONS.items() if suffix in suffixes), None)


def fits(path: str | Path, modality: str) -> bool:
    """Whether a file can be asked for a modality: whether it is of it, or of another that can be taken so as well."""
    kind = media_kind(path)
    return kind == modality or (kind == "video" and modality == "audio") or (modality in moving(path))


def moving(path: str | Path) -> tuple[str, ...]:
    """What a picture may be taken for as well: a GIF or a sequence of AVIF pictures for a video."""
    head = _head(path)
    shown = head[:6] in (b"GIF87a", b"GIF89a") or iso_format(head) == "AVIF sequence"
    shown = shown or (not head and os.path.splitext(path)[1].lower() in ALSO["video"])
    return ("video",) if shown else ()


def unread_format(path: str | Path) -> str | None:
    """The name of a picture format that nothing here reads, if the file is of one: "HEIC", "JPEG XL", "raw photo"."""
    head = _head(path)
    if head.startswith((b"\0\0\0\x0cJXL ", b"\xff\x0a")):
        return "JPEG XL"
    found = iso_format(head)
    return found if found in ("HEIC", "raw photo") else None


def is_still(path: str | Path) -> bool:
    """Whether a file of the MP4 family holds a picture, which FFmpeg would show as a video of one frame."""
    return iso_format(_head(path)) in ("AVIF", "HEIC", "raw photo")


def _head(path: str | Path) -> bytes:
    with suppress(OSError, ValueError), reading(path), open_regular(path, LivingFile) as file:
        return file.read(_HEAD_BYTES)
    return b""


def _of_content(head: bytes) -> str | None:
    iso = iso_format(head)
    if iso is not None:
        return {"sound": "audio", "film": _EITHER}.get(iso, "image")
    if head[4:8] in _BOXES:
        return "video"
    for offset, start, kind in _STARTS:
        if head[offset : offset + len(start)] == start:
            return "video" if kind == _OGG and any(sign in head for sign in _VIDEO_IN_OGG) else kind
    return next((kind for pattern, kind in _PATTERNS if pattern.match(head)), None)
