"""Writes a small file of every format that is read: pictures by PIL, sounds by libsndfile, the rest by FFmpeg."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import soundfile
from PIL import Image

_PIXELS = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
_SOUND = 0.3 * np.sin(np.arange(16000) / 5)
Write = Callable[[Path], None]


def _picture(path: Path, kind: str, mode: str = "RGB", more: bool = False, **options: object) -> None:
    others = [Image.fromarray(_PIXELS[::-1])] if more else []
    animated: dict[str, object] = {"save_all": True, "append_images": others} if more else {}
    Image.fromarray(_PIXELS).convert(mode).save(path, kind, **animated, **options)


def _sound(path: Path, kind: str, coding: str | None = None) -> None:
    soundfile.write(path, _SOUND, 16000, format=kind, subtype=coding)


def _container(path: Path, kind: str, codec: str, rate: int = 16000, bits: int | None = None) -> None:
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        if bits is not None:
            stream.bit_rate = bits
        wave = (0.3 * np.sin(np.arange(rate) / 5)).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        waiting = av.AudioFifo()
        for part in av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate).resample(frame):
            waiting.write(part)
        size = stream.codec_context.frame_size or 1024
        while waiting.samples >= size:
            container.mux(stream.encode(waiting.read(size)))
        container.mux(stream.encode())


def _amr(path: Path) -> None:
    path.write_bytes(b"#!AMR\n" + (b"\x04" + bytes(range(7, 19))) * 50)  # FFmpeg decodes it and encodes none


def _film(
    path: Path, kind: str, codec: str, size: tuple[int, int] = (176, 144), pixels: str = "yuv420p", rate: int = 25
) -> None:
    with av.open(str(path), "w", format=kind) as container:
        stream = container.add_stream(codec, rate=rate)
        (stream.width, stream.height), stream.pix_fmt = size, pixels
        for number in range(6):
            shown = np.full((size[1], size[0], 3), 40 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shown, format="rgb24").reformat(format=pixels)))
        container.mux(stream.encode())


def _each(suffixes: str, write: Write) -> dict[str, Write]:
    return dict.fromkeys(suffixes.split(), write)


def _by(make: Callable[..., None], *given: object, **options: object) -> Write:
    return lambda path: make(path, *given, **options)


PICTURES = {
    **_each(".jpg .jpeg .jpe .jfif .jif", _by(_picture, "JPEG")),
    **_each(".png", _by(_picture, "PNG")),
    **_each(".apng", _by(_picture, "PNG", more=True)),
    **_each(".webp", _by(_picture, "WEBP")),
    **_each(".avif", _by(_picture, "AVIF")),
    **_each(".avifs", _by(_picture, "AVIF", more=True)),
    **_each(".gif", _by(_picture, "GIF", more=True)),
    **_each(".tif .tiff", _by(_picture, "TIFF")),
    **_each(".btf", _by(_picture, "TIFF", big_tiff=True)),
    **_each(".bmp", _by(_picture, "BMP")),
    **_each(".jp2 .jpf .jpx", _by(_picture, "JPEG2000")),
    **_each(".j2k .jpc .j2c", _by(_picture, "JPEG2000", no_jp2=True)),
    **_each(".ppm .pnm", _by(_picture, "PPM")),
    **_each(".pgm", _by(_picture, "PPM", "L")),
    **_each(".pbm", _by(_picture, "PPM", "1")),
    **_each(".pfm", _by(_picture, "PPM", "F")),
    **_each(".mpo", _by(_picture, "MPO", more=True)),
    **_each(".ico .cur", _by(_picture, "ICO")),
    **_each(".pcx", _by(_picture, "PCX")),
}
SOUNDS = {
    **_each(".wav .wave .bwf", _by(_sound, "WAV")),
    **_each(".rf64", _by(_sound, "RF64")),
    **_each(".w64", _by(_sound, "W64")),
    **_each(".flac", _by(_sound, "FLAC")),
    **_each(".mp3 .mpga", _by(_sound, "MP3")),
    **_each(".ogg .oga", _by(_sound, "OGG")),
    **_each(".opus", _by(_sound, "OGG", "OPUS")),
    **_each(".aiff .aif", _by(_sound, "AIFF")),
    **_each(".aifc", _by(_sound, "AIFF", "FLOAT")),
    **_each(".au .snd", _by(_sound, "AU")),
    **_each(".caf", _by(_sound, "CAF")),
    **_each(".voc", _by(_sound, "VOC")),
    **_each(".sph .nist", _by(_sound, "NIST")),
    **_each(".sf .ircam", _by(_sound, "IRCAM")),
    **_each(".m4a .m4b .m4r", _by(_container, "ipod", "aac")),
    **_each(".3ga", _by(_container, "3gp", "aac")),
    **_each(".aac", _by(_container, "adts", "aac")),
    **_each(".wma", _by(_container, "asf", "wmav2", 44100, 64000)),
    **_each(".mp2", _by(_container, "mp2", "mp2")),
    **_each(".amr", _amr),
    **_each(".ac3", _by(_container, "ac3", "ac3", 44100)),
    **_each(".eac3", _by(_container, "eac3", "eac3", 44100)),
    **_each(".wv", _by(_container, "wv", "wavpack")),
    **_each(".tta", _by(_container, "tta", "tta")),
    **_each(".mka", _by(_container, "matroska", "flac")),
    **_each(".weba", _by(_container, "webm", "libopus", 48000)),
}
FILMS = {
    **_each(".mp4", _by(_film, "mp4", "libx264")),
    **_each(".m4v", _by(_film, "ipod", "libx264")),
    **_each(".f4v", _by(_film, "f4v", "libx264")),
    **_each(".mov", _by(_film, "mov", "libx264")),
    **_each(".qt", _by(_film, "mov", "mpeg4")),
    **_each(".mj2", _by(_film, "mov", "jpeg2000")),
    **_each(".3gp", _by(_film, "3gp", "h263")),
    **_each(".3g2", _by(_film, "3g2", "mpeg4")),
    **_each(".mkv", _by(_film, "matroska", "libx264")),
    **_each(".webm", _by(_film, "webm", "libvpx-vp9")),
    **_each(".avi .divx", _by(_film, "avi", "mpeg4")),
    **_each(".mpg", _by(_film, "mpeg", "mpeg2video")),
    **_each(".mpeg .mpe", _by(_film, "mpeg", "mpeg1video")),
    **_each(".vob", _by(_film, "vob", "mpeg2video")),
    **_each(".m2v", _by(_film, "mpeg2video", "mpeg2video")),
    **_each(".m1v", _by(_film, "mpeg1video", "mpeg1video")),
    **_each(".ts .m2t", _by(_film, "mpegts", "mpeg2video")),
    **_each(".mts .m2ts", _by(_film, "mpegts", "libx264")),
    **_each(".wmv .asf", _by(_film, "asf", "wmv2")),
    **_each(".flv", _by(_film, "flv", "flv1")),
    **_each(".ogv .ogm", _by(_film, "ogv", "libvpx")),
    **_each(".mxf", _by(_film, "mxf", "mpeg2video")),
    **_each(".dv", _by(_film, "dv", "dvvideo", (720, 576))),
    **_each(".rm .rmvb", _by(_film, "rm", "rv10")),
    **_each(".y4m", _by(_film, "yuv4mpegpipe", "wrapped_avframe")),
    **_each(".ivf", _by(_film, "ivf", "libvpx")),
    **_each(".nut", _by(_film, "nut", "mpeg4")),
    **_each(".h264 .264", _by(_film, "h264", "libx264")),
    **_each(".hevc .265", _by(_film, "hevc", "libx265")),
}
