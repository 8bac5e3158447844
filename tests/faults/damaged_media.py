"""Good media files of every common format, and the same files damaged in every way, all from one seed.

`write_good` and `write_damaged` give `Sample`s. A damaged sample says whether it must be refused: a flipped bit may
leave a file that decodes (formats without checksums cannot know), and so may a cut of a format made for streaming.
"""

import os
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

IMAGES = ("png", "jpg", "gif", "webp", "tif", "bmp")
SOUNDS = ("wav", "flac", "ogg", "mp3", "m4a")
VIDEOS = ("mp4", "mkv", "avi", "mpg", "ts")
FORMATS = {"image": IMAGES, "audio": SOUNDS, "video": VIDEOS}

# Players begin anywhere in these, end anywhere, and conceal what is broken: a part of one is a shorter whole.
STREAMED = ("mp3", "ogg", "mpg", "ts", "mkv")
_CODECS = {"mp4": "libx264", "mkv": "libx264", "avi": "mpeg4", "mpg": "mpeg1video", "ts": "mpeg2video"}


@dataclass(frozen=True)
class Sample:
    """A file, what it is taken for, how it was damaged (empty: not at all), and whether it must be refused."""

    path: Path
    modality: str
    damage: str
    must_fail: bool


def write_good(folder: Path, count: int, seed: int = 0) -> list[Sample]:
    """`count` different good files, all formats in turn."""
    folder.mkdir(parents=True)
    kinds = [(modality, suffix) for modality, suffixes in FORMATS.items() for suffix in suffixes]
    samples = []
    for number in range(count):
        modality, suffix = kinds[number % len(kinds)]
        path = folder / f"good-{number:04d}.{suffix}"
        _WRITERS[modality](path, np.random.default_rng([seed, number]))
        samples.append(Sample(path, modality, "", False))
    return samples


def write_damaged(folder: Path, good: list[Sample], count: int, seed: int = 0) -> list[Sample]:
    """`count` damaged files, all kinds of damage and all formats in turn, made from good ones."""
    folder.mkdir(parents=True)
    samples: list[Sample] = []
    rounds = 0
    while len(samples) < count:
        for number, sample in enumerate(good):
            samples.extend(_damage(folder, f"{rounds}-{number}", sample, random.Random(f"{seed} {rounds} {number}")))
        rounds += 1
    random.Random(seed).shuffle(samples)
    return samples[:count]


NO_FILE = "no file"
"""What no list of files names: a row of such a path was a file when it was listed."""


def write_endless(folder: Path, piece: Path) -> list[Sample]:
    """What never ends, or has no size: pipes, devices, playlists that are live (of one `piece`) or hold themselves."""
    folder.mkdir(parents=True)
    samples = []
    for modality, suffixes in FORMATS.items():
        pipe, device, loop = (folder / f"{name}-{modality}.{suffixes[0]}" for name in ("pipe", "device", "loop"))
        os.mkfifo(pipe)
        device.symlink_to("/dev/zero")
        loop.symlink_to(loop.name)
        live, itself = folder / f"live-{modality}.m3u8", folder / f"itself-{modality}.ffconcat"
        # No end mark: a player reads the one piece, then asks for the list again, and again.
        live.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{piece.resolve()}\n")
        itself.write_text(f"ffconcat version 1.0\nfile {itself.name}\nfile {itself.name}\n")
        samples += [Sample(path, modality, NO_FILE, True) for path in (pipe, device, loop)]
        samples += [Sample(path, modality, "endless", True) for path in (live, itself)]
    return samples


def write_large(folder: Path) -> list[Sample]:
    """Small files that are honest about something large: a picture, half an hour of silence, a film of 8k squared."""
    folder.mkdir(parents=True)
    picture, sound, film = folder / "large.png", folder / "large.flac", folder / "large.avi"
    Image.new("1", (20_000, 10_000)).save(picture)
    soundfile.write(sound, np.zeros(2_000_000, np.int16), 1000)
    with av.open(str(film), "w") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 8_192, 8_192, "yuvj420p"
        container.mux(stream.encode(av.VideoFrame(8_192, 8_192, "yuvj420p")))
        container.mux(stream.encode(None))
    return [Sample(path, m, "large", True) for path, m in ((picture, "image"), (sound, "audio"), (film, "video"))]


def _damage(folder: Path, name: str, good: Sample, chance: random.Random) -> Iterator[Sample]:
    content, suffix = good.path.read_bytes(), good.path.suffix[1:]

    def sample(
        damage: str, data: bytes, must_fail: bool, suffix: str = suffix, modality: str = good.modality
    ) -> Sample:
        path = folder / f"{damage.replace(' ', '-')}-{name}.{suffix}"
        path.write_bytes(data)
        return Sample(path, modality, damage, must_fail)

    # At most 9 of 10 parts are left: the last bytes of some formats hold nothing that a picture needs.
    cut = content[: chance.randrange(1, len(content) * 9 // 10)]
    yield sample("cut", cut, suffix not in STREAMED)
    yield sample("cut header", content[: chance.randrange(1, 24)], True)
    yield sample("flipped", _flip(content, chance, chance.choice((1, 8, 64))), False)
    yield sample("flipped header", _flip(content[:64], chance, 16) + content[64:], False)
    yield sample("zeros", bytes(len(content)), True)
    yield sample("empty", b"", True)
    yield sample("zero block", _zero_block(content, chance), False)
    yield sample("noise", chance.randbytes(len(content)), True)
    yield sample("text", f"<html><body>404 {name} Not Found</body></html>\n".encode() * 9, True)
    other = {"image": "video", "audio": "image", "video": "audio"}[good.modality]
    yield sample("wrong suffix", content, suffix != "gif", FORMATS[other][0], other)  # a GIF may be a film
    if suffix in _HUGE:
        yield sample("huge", _HUGE[suffix](content), True)


def _flip(content: bytes, chance: random.Random, bits: int) -> bytes:
    damaged = bytearray(content)
    for _ in range(bits):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def _zero_block(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) // 2)
    length = len(content) // 4
    return content[:start] + bytes(length) + content[start + length :]


def _huge_png(content: bytes) -> bytes:
    head = b"IHDR" + struct.pack(">II", 100_000, 100_000) + content[24:29]
    return content[:12] + head + struct.pack(">I", zlib.crc32(head)) + content[33:]


def _huge_jpg(content: bytes) -> bytes:
    start = content.index(b"\xff\xc0") + 5
    return content[:start] + b"\xff\xff\xff\xff" + content[start + 4 :]


def _huge_tif(content: bytes) -> bytes:
    damaged = bytearray(content)
    (start,) = struct.unpack("<I", content[4:8])
    for entry in range(start + 2, start + 2 + 12 * struct.unpack("<H", content[start : start + 2])[0], 12):
        tag, _, _, _ = struct.unpack("<HHII", content[entry : entry + 12])
        if tag in (256, 257):  # width, height
            damaged[entry : entry + 12] = struct.pack("<HHII", tag, 4, 1, 1_000_000)
    return bytes(damaged)


def _huge_sample_entry(content: bytes) -> bytes:
    """Pictures of 65,535 pixels in an MP4's table and in the stream's own header."""
    start = content.index(b"avc1", content.index(b"stsd")) + 28
    damaged = bytearray(content)
    damaged[start : start + 4] = b"\xff\xff\xff\xff"
    stored = content.index(b"avcC") + 4 + 8
    damaged[stored : stored + 8] = b"\x67\x64\xff\xff\xff\xff\xff\xff"
    return bytes(damaged)


def _patched(offset: int, value: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content[:offset] + value + content[offset + len(value) :]


_HUGE: dict[str, Callable[[bytes], bytes]] = {
    "png": _huge_png,
    "jpg": _huge_jpg,
    "gif": lambda content: _patched(6, b"\xff\xff\xff\xff")(content),
    "bmp": _patched(18, struct.pack("<ii", 200_000, 200_000)),
    "tif": _huge_tif,
    "webp": lambda content: _patched(content.index(b"\x9d\x01\x2a") + 3, b"\xff\x3f\xff\x3f")(content),
    "wav": _patched(22, struct.pack("<HIIH", 1, 1, 2, 2)),  # one sample a second: hours
    "mp4": _huge_sample_entry,
}


def _write_image(path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (36, 48, 3), np.uint8)
    pixels[8:28, 8:40] = rng.integers(0, 256, 3)
    Image.fromarray(pixels).save(path)


def _write_sound(path: Path, rng: np.random.Generator) -> None:
    tone = np.sin(np.arange(12_000) * rng.uniform(0.05, 0.5)) * 0.3
    wave = (tone + rng.normal(0, 0.02, tone.shape)).astype(np.float32)
    if path.suffix == ".m4a":
        _write_stream(path, "aac", [wave])
    else:
        soundfile.write(path, wave, 16_000)


def _write_video(path: Path, rng: np.random.Generator) -> None:
    still = rng.integers(0, 256, (48, 64, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(_CODECS[path.suffix[1:]], rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(12):
            picture = av.VideoFrame.from_ndarray(np.roll(still, 2 * index, axis=1).copy(), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


def _write_stream(path: Path, codec: str, waves: list[np.ndarray]) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=16_000, layout="mono")
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=16_000, frame_size=1024)
        for wave in waves:
            frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
            frame.sample_rate = 16_000
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(stream.encode(piece))
        container.mux(stream.encode(None))


_WRITERS = {"image": _write_image, "audio": _write_sound, "video": _write_video}
