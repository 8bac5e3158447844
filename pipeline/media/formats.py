"""Which formats are read, by their names; docs/formats.md is this table, and a test decodes a file of every line.

A name is a hint: content decides what a file is (`kinds.py`). But a folder of a million files is sorted by names, and only what
they do not tell is opened.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A format of files.

    Attributes:
        name: what people call it.
        modality: image, audio, video or text.
        suffixes: of its files, in lower case, the most usual first.
        decoder: what reads it; empty where nothing does.
        also: another modality that can be asked of it: a GIF may be looked at as a video, a video be listened to.
        instead: what to type, where nothing reads it.
    """

    name: str
    modality: str
    suffixes: tuple[str, ...]
    decoder: str
    also: str = ""
    instead: str = ""


def _of(modality: str, decoder: str, lines: str, also: str = "") -> tuple[Format, ...]:
    parts = (line.partition(":") for line in lines.strip().splitlines())
    return tuple(Format(name.strip(), modality, tuple(found.split()), decoder, also) for name, _, found in parts)


_HEIF = "heif-convert photo.heic photo.jpg"
_RAW = "dcraw -w -T photo.cr2"
FORMATS = (
    *_of("image", "Pillow", """
        JPEG: .jpg .jpeg .jpe .jfif .jif
        PNG: .png .apng
        WebP: .webp
        AVIF: .avif
        TIFF: .tif .tiff .btf
        BMP: .bmp
        JPEG 2000: .jp2 .j2k .jpc .jpf .jpx .j2c
        Netpbm: .ppm .pgm .pbm .pnm .pfm
        multi-picture JPEG: .mpo
        Windows icon: .ico .cur
        PCX: .pcx"""),
    *_of("image", "Pillow, FFmpeg", "GIF: .gif\n AVIF sequence: .avifs", also="video"),
    *_of("audio", "libsndfile", """
        WAV: .wav .wave .bwf
        RF64: .rf64
        Wave64: .w64
        FLAC: .flac
        Ogg (Vorbis, Opus): .ogg .oga .opus
        AIFF: .aiff .aif .aifc
        AU: .au .snd
        Core Audio: .caf
        NIST Sphere: .sph .nist
        IRCAM: .sf .ircam"""),
    *_of("audio", "FFmpeg", """
        MP3: .mp3 .mpga
        VOC: .voc
        MPEG-4 audio: .m4a .m4b .m4r .3ga
        AAC: .aac
        Windows Media Audio: .wma
        MP2: .mp2
        AMR: .amr
        AC-3: .ac3 .eac3
        WavPack: .wv
        True Audio: .tta
        Matroska and WebM audio: .mka .weba"""),
    *_of("video", "FFmpeg", """
        MP4: .mp4 .m4v .f4v
        QuickTime: .mov .qt .mj2
        3GPP: .3gp .3g2
        Matroska: .mkv
        WebM: .webm
        AVI: .avi .divx
        MPEG: .mpg .mpeg .mpe .vob .m2v .m1v
        MPEG transport stream: .ts .mts .m2ts .m2t
        Windows Media Video: .wmv .asf
        Flash Video: .flv
        Ogg video: .ogv .ogm
        MXF: .mxf
        DV: .dv
        RealMedia: .rm .rmvb
        YUV4MPEG: .y4m
        IVF: .ivf
        NUT: .nut
        H.264 stream: .h264 .264
        H.265 stream: .hevc .265"""),
    *_of("text", "UTF-8", "text: .txt\n Markdown: .md"),
    Format("HEIC", "image", (".heic", ".heif", ".hif", ".heics", ".heifs"), "", instead=_HEIF),
    Format("JPEG XL", "image", (".jxl",), "", instead="djxl picture.jxl picture.png"),
    Format("raw photo", "image", (".cr2", ".cr3", ".nef", ".arw", ".dng", ".raf", ".rw2", ".orf"), "", instead=_RAW),
)  # fmt: skip
"""Every format that is known by name, those that nothing reads last."""

EXTENSIONS = {
    modality: frozenset(suffix for one in FORMATS if one.modality == modality for suffix in one.suffixes)
    for modality in ("image", "audio", "video", "text")
}
"""Modality -> suffixes of its own formats. Those that nothing reads count, too: such a file is refused by name, not lost."""

ALSO = {
    "image": frozenset[str](),
    "audio": EXTENSIONS["video"],
    "video": frozenset(suffix for one in FORMATS if one.also == "video" for suffix in one.suffixes),
    "text": frozenset[str](),
}
"""Modality -> suffixes of other modalities' formats that can be asked of it as well."""


def unread(name: str) -> str:
    """The reason why nothing reads a format, by its name ("HEIC"), with what to do."""
    found = next(one for one in FORMATS if one.name == name)
    return f"{name} is not read: convert it, for example with: {found.instead}"


def usual(modality: str) -> list[str]:
    """The most usual suffix of every format of a modality that is read."""
    return [one.suffixes[0] for one in FORMATS if one.modality == modality and one.decoder]
