"""How many bytes of samples the header of an uncompressed sound file promises, and how many there are.

Decoders only shorten the sound of a file that was cut, each in its own way, so the chunks are read here: WAV (RIFF, RIFX, RF64,
BW64, extensible or not), AIFF, AIFC and 8SVX (FORM), W64, CAF, AU, NIST SPHERE and VOC.
"""

import math
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.media.opened import open_media

_OPEN = 0x7F000000
"""From here on a length means "until the end": streaming writers cannot go back and fill it in. sox writes 0x7f000000 and
0x7ffff000, FFmpeg and others 0xffffffff."""
_NEVER = 1 << 42
"""No file is as long; formats with 64 bits for a length say "until the end" by numbers from here on."""
_MOST_CHUNKS = 1000
"""A file of zeros is chunks of no length without end."""
_SLACK = 128
"""Bytes that a header may promise too much, as one does that counts itself: 36 or 44 in a plain WAV, 104 in W64."""
_W64 = bytes.fromhex("2e91cf11a5d628db04c10000"), bytes.fromhex("f3acd3118cd100c04f8edb8a")


@dataclass(frozen=True)
class Samples:
    """Where the samples of a file lie.

    Attributes:
        start: of the first, bytes from the beginning of the file.
        promised: bytes that the header promises; None where it leaves the length open.
        present: bytes from `start` to the end of the file.
        alone: whether libsndfile takes whatever follows them for samples, too.
    """

    start: int
    promised: int | None
    present: int
    alone: bool = False

    @property
    def last(self) -> int | None:
        """End of the samples, bytes from the beginning of the file, where libsndfile has to be told."""
        return self.start + min(self.promised, self.present) if self.alone and self.promised else None

    @property
    def cut(self) -> bool:
        """Whether the end is missing. A header that counts itself, or a sample that is not whole, is no cut."""
        missing = (self.promised or 0) - self.present
        # A writer that put the length of the file there is off by the header, which may hold long remarks.
        return missing > _SLACK and missing not in (self.start, self.start - 8)


def find_samples(path: str) -> Samples | None:
    """Find the samples of a file; None if it is of another format, or has none."""
    with open_media(path) as file:
        size = _end(file)
        skip_tags(file)
        name = file.read(4)
        file.seek(-len(name), os.SEEK_CUR)
        found = _find(file)
    if found is None:
        return None
    start, promised = found
    return Samples(start, promised, max(0, size - start), name == b"riff")


def _find(file: BinaryIO) -> tuple[int, int | None] | None:
    """First byte and promised length of the samples."""
    beginning = file.tell()
    head = file.read(40)
    file.seek(beginning + 12)
    match head[:4]:
        case b"RIFF" | b"RF64" | b"BW64" if head[8:12] == b"WAVE":
            return _in_wave(file, "little")
        case b"RIFX" if head[8:12] == b"WAVE":
            return _in_wave(file, "big")
        case b"FORM" if head[8:12] in (b"AIFF", b"AIFC", b"8SVX", b"16SV"):
            return _in_form(file)
        case b"riff" if head[4:16] == _W64[0] and head[24:40] == b"wave" + _W64[1]:
            file.seek(beginning + 40)
            return _in_w64(file)
        case b"caff":
            file.seek(beginning + 8)
            return _in_caf(file)
        case b".snd" | b"dns.":
            order = "big" if head[:1] == b"." else "little"
            return beginning + _number(head[4:8], order), _length(_number(head[8:12], order))
        case b"NIST":
            file.seek(beginning)
            return _in_sphere(file)
        case b"Crea" if head[:20] == b"Creative Voice File\x1a":
            file.seek(beginning + _number(head[20:22], "little"))
            return _in_voc(file)
    return None


def _in_wave(file: BinaryIO, order: str) -> tuple[int, int | None] | None:
    long = None  # RF64 tells the length of its samples beforehand
    for name, size in _chunks(file, order):
        if name == b"ds64":
            long = _number(file.read(16)[8:], order)
        elif name == b"data":
            if size == 0xFFFFFFFF and long is not None:
                return file.tell(), long if 0 < long < _NEVER else None
            return file.tell(), None if size == 0 and _is_left_empty(file, order) else _length(size)
    return None


def _in_form(file: BinaryIO) -> tuple[int, int | None] | None:
    for name, size in _chunks(file, "big"):
        if name == b"BODY":
            return file.tell(), _length(size)
        if name == b"SSND":
            content, length = file.tell(), _length(size)
            start = 8 + _number(file.read(4), "big")
            return content + start, None if length is None else max(0, length - start)
    return None


def _in_w64(file: BinaryIO) -> tuple[int, int | None] | None:
    while len(head := file.read(24)) == 24:
        size = _number(head[16:], "little")
        if head[:16] == b"data" + _W64[1]:
            return file.tell(), size - 24 if 24 <= size < _NEVER else None
        if not 24 <= size < _NEVER:
            return None
        file.seek(-(-size // 8) * 8 - 24, os.SEEK_CUR)
    return None


def _in_caf(file: BinaryIO) -> tuple[int, int | None] | None:
    while len(head := file.read(12)) == 12:
        size = _number(head[4:], "big")
        if head[:4] == b"data":
            return file.tell() + 4, size - 4 if 4 <= size < _NEVER else None
        if size >= _NEVER:
            return None
        file.seek(size, os.SEEK_CUR)
    return None


def _in_sphere(file: BinaryIO) -> tuple[int, int | None] | None:
    beginning, text = file.tell(), file.read(1024)
    size = re.match(rb"NIST_1A\n\s*(\d{1,9})\n", text)
    fields = dict(re.findall(rb"^(\w+) -\w+ (\S+)$", text, re.MULTILINE))
    counts = [fields.get(name, b"") for name in (b"sample_count", b"channel_count", b"sample_n_bytes")]
    packed = fields.get(b"sample_coding", b"pcm") not in (b"pcm", b"ulaw", b"alaw", b"mu-law")
    if size is None or packed or not all(count.isdigit() for count in counts):
        return None
    return beginning + int(size[1]), _length(math.prod(int(count) for count in counts))


def _in_voc(file: BinaryIO) -> tuple[int, int | None] | None:
    """From the first block to the end of the last. sox leaves out 8 bytes in the length of one, which are no block then."""
    start = end = file.tell()
    for _ in range(_MOST_CHUNKS):
        if len(head := file.read(4)) < 4 or not 1 <= head[0] <= 9:
            break
        end = file.tell() + _number(head[1:], "little")
        file.seek(end)
    return (start, end - start) if end > start else None


def _chunks(file: BinaryIO, order: str) -> Iterator[tuple[bytes, int]]:
    """Names and sizes of the chunks from here on; the file stands at the content of the one that is given."""
    for _ in range(_MOST_CHUNKS):
        if len(head := file.read(8)) < 8:
            return
        content, size = file.tell(), _number(head[4:], order)
        yield head[:4], size
        file.seek(content + size)
        # Some writers leave out the byte that makes an odd chunk even, so it is skipped only where it is there.
        if size % 2 and (pad := file.read(1)) != b"\0" and pad.isalpha():
            file.seek(content + size)


def _is_left_empty(file: BinaryIO, order: str) -> bool:
    """Tell whether a length of 0 is that of a recorder that was killed: then samples follow instead of further chunks.

    The file stays where it is.
    """
    if order == "big":  # FFmpeg, which reads such files, does not know this order
        return False
    here, end = file.tell(), _end(file)
    reached = here
    for name, size in _chunks(file, order):
        reached = file.tell() + size
        if not name.isascii() or not name.decode().isprintable():
            break
    file.seek(here)
    return not end - 1 <= reached <= end + 1


def skip_tags(file: BinaryIO) -> None:
    """Skip ID3v2 tags, which some programs put before any kind of sound; the file stands behind them then."""
    while (head := file.read(10))[:3] == b"ID3" and len(head) == 10:
        a, b, c, d = head[6:]
        file.seek(a << 21 | b << 14 | c << 7 | d, os.SEEK_CUR)
    file.seek(-len(head), os.SEEK_CUR)


def _end(file: BinaryIO) -> int:
    """Length of the file, which stays where it is."""
    here = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(here)
    return end


def _length(size: int) -> int | None:
    return None if size >= _OPEN else size


def _number(content: bytes, order: str) -> int:
    return int.from_bytes(content, "big" if order == "big" else "little")
