"""Sound files to mono float32 at their own rate: by libsndfile where it knows the format, else, and MP3 and VOC, by FFmpeg.

How long an MP3 is stands nowhere for sure. libsndfile goes by an estimate: it hands out memory beyond the last sample where that
is too large, leaves out the rest where it is too small, and ends at the first broken frame. FFmpeg takes frame after frame.
Of VOC it takes the headers between two blocks for sound.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import av
import av.error
import numpy as np
import soundfile

from pipeline.media.containers import decoder_of, open_container, packets_of
from pipeline.media.errors import MediaError
from pipeline.media.opened import open_media
from pipeline.media.promised import find_samples, skip_tags

_FRAMES_ONLY = ("mp3", "aac", "ac3", "eac3", "amr")
"""FFmpeg's names of formats that are frames one after the other: their length is an estimate, and between frames may lie tags."""
_UNKNOWN = 1 << 62
"""So many frames and more are libsndfile's word for a length that a FLAC does not tell."""


def read_sound(path: str, longest_s: float) -> tuple[np.ndarray, int]:
    """Read all samples of a file that there are; returns float32 (samples,), channels averaged, and their rate in Hz.

    Args:
        path: the file.
        longest_s: longest sound that is read, seconds.

    Raises:
        MediaError: the file is truncated, too long, or holds no sound.
    """
    samples = find_samples(path)
    if samples is not None and samples.cut:
        raise MediaError("truncated")
    left_open = samples is not None and samples.promised is None
    with open_media(path) as content, suppress(_NotTaken):
        return _read_known(content, longest_s, left_open, samples.last if samples else None)
    return _read_container(path, longest_s, left_open)


class _Part:
    """A file from behind its ID3 tags on, which libsndfile skips in files of its own opening only, and up to an end."""

    def __init__(self, file: BinaryIO, end: int | None):
        skip_tags(file)
        self._file, self._start, self.name = file, file.tell(), file.name
        self._end = file.seek(0, os.SEEK_END) if end is None else end
        file.seek(self._start)

    def read(self, size: int) -> bytes:
        return self._file.read(max(0, min(size, self._end - self._file.tell())))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go there; a length in a header may be any, so before the beginning is nowhere, and behind the end is the end."""
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._end}[whence]
        if base + offset >= self._start:
            self._file.seek(min(base + offset, self._end))
        return self.tell()

    def tell(self) -> int:
        return self._file.tell() - self._start


class _NotTaken(Exception):
    """libsndfile does not know the format, or is not asked for it."""


def _read_known(content: BinaryIO, longest_s: float, left_open: bool, end: int | None) -> tuple[np.ndarray, int]:
    try:
        file = _Forward(_Part(content, end))
    except (soundfile.LibsndfileError, TypeError):  # the latter where a file's name ends in .raw
        raise _NotTaken from None
    with file:
        of_mpeg = file.format == "MP3" or file.subtype.startswith("MPEG")  # the latter inside WAV
        if of_mpeg or file.format == "VOC" or not (file.frames or not left_open):
            raise _NotTaken
        return _read_all(file, longest_s), file.samplerate


class _Forward(soundfile.SoundFile):
    """A file that is read from its beginning to its end. soundfile else seeks after each block, which some decoders hear."""

    def seekable(self) -> bool:
        return False


def _read_all(file: _Forward, longest_s: float) -> np.ndarray:
    """Read what libsndfile finds, up to what it promises."""
    if file.samplerate < 1 or file.channels < 1:  # libsndfile trusts the name of a file: garbage.flac is FLAC to it
        raise MediaError("not sound: a header without rate or channels")
    promised = file.frames if file.frames < _UNKNOWN else 0
    _require_length(promised / file.samplerate, longest_s)
    wave = _concatenate(list(_blocks(file, longest_s, promised)))
    if len(wave) < promised:
        raise MediaError("truncated")
    return wave


def _blocks(file: _Forward, longest_s: float, promised: int) -> Iterator[np.ndarray]:
    """Give all frames, channels averaged. The count that libsndfile returns is what was read; behind it memory is as it was.

    No more is asked for than is promised: libFLAC takes a tag behind the last frame for a broken one.
    """
    most = max(1, (1 << 18) // file.channels)  # a header may declare a thousand channels
    length = 0
    try:
        while size := min(most, promised - length) if promised else most:
            block = file.read(size, dtype="float32", always_2d=True)
            if len(block) == 0:
                return
            with np.errstate(all="ignore"):  # samples that are not finite are found later
                yield block.mean(axis=1)
            length += len(block)
            _require_length(length / file.samplerate, longest_s)
    except soundfile.LibsndfileError as error:
        reason = "truncated" if "lost sync" in str(error) else f"not sound: {error}"
        raise MediaError(reason) from None


def _read_container(path: str, longest_s: float, left_open: bool) -> tuple[np.ndarray, int]:
    with open_container(path, "not sound") as container:
        if not container.streams.audio:
            raise MediaError("no audio stream")
        stream = container.streams.audio[0]
        frames_only = container.format.name in _FRAMES_ONLY
        if stream.duration is not None and stream.time_base is not None and not frames_only:
            _require_length(float(stream.duration * stream.time_base), longest_s)
        rate = decoder_of(stream, "not sound").sample_rate
        if rate < 1:
            raise MediaError("not sound: a header without rate or channels")
        resampler = av.AudioResampler(format="fltp")
        parts: list[np.ndarray] = []
        length = 0
        packets = packets_of(container, stream, "not sound", left_open)
        for frame in _frames(packets, rate if frames_only else None):
            for planar in resampler.resample(frame):
                parts.append(planar.to_ndarray().mean(axis=0))
                length += len(parts[-1])
            _require_length(length / rate, longest_s)
    return _concatenate(parts), rate


def _frames(packets: Iterator[Any], only_rate: int | None) -> Iterator[Any]:
    """Decode packets. With `only_rate`, what lies between its frames is passed over, as long as that is the smaller part."""
    good = bad = 0
    for packet in packets:
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            if only_rate is None:
                raise
            bad += 1
            continue
        # Bytes that only look like a frame have any rate.
        found = [frame for frame in frames if only_rate in (None, frame.sample_rate)]
        good += len(found)
        yield from found
    if bad > good:
        raise MediaError("not sound: most of its frames are broken")


def _concatenate(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _require_length(seconds: float, longest_s: float) -> None:
    if seconds > longest_s:
        raise MediaError(f"too long: {seconds:.0f} s, at most {longest_s:.0f} s")
