"""Every format that docs/formats.md lists is made and decoded, and told by its content where nothing else says what it is."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_formats import FILMS, PICTURES, SOUNDS, Write
from PIL import Image

from pipeline.media.audio import decode_audio
from pipeline.media.errors import MediaError
from pipeline.media.formats import ALSO, EXTENSIONS, FORMATS, unread
from pipeline.media.image import decode_image
from pipeline.media.iso_brands import iso_format
from pipeline.media.kinds import fits, media_kind
from pipeline.media.specs import AudioSpec, ImageSpec, VideoSpec
from pipeline.media.video import decode_video

ROOT = Path(__file__).resolve().parents[2]
READ = {
    modality: {s for one in FORMATS if one.modality == modality and one.decoder for s in one.suffixes}
    for modality in EXTENSIONS
}
BY_NAME_ONLY = {".dv", ".h264", ".264", ".hevc", ".265"}  # streams without a signature


def test_the_page_is_the_table() -> None:
    rows = re.findall(
        r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", (ROOT / "docs/formats.md").read_text("utf-8"), re.MULTILINE
    )
    told = [row for row in rows if row[0] not in ("format", "---")]
    assert told == [
        (
            one.name,
            f"{one.modality}, {one.also}" if one.also else one.modality,
            " ".join(f"`{suffix}`" for suffix in one.suffixes),
            one.decoder or f"not read: `{one.instead}`",
        )
        for one in FORMATS
    ]


def test_every_suffix_is_of_one_format_and_is_made_here() -> None:
    suffixes = [suffix for one in FORMATS for suffix in one.suffixes]
    assert len(suffixes) == len(set(suffixes)) and all(suffix == suffix.lower() for suffix in suffixes)
    assert (set(PICTURES), set(SOUNDS), set(FILMS)) == (READ["image"], READ["audio"], READ["video"])
    assert ALSO["audio"] == EXTENSIONS["video"] and ALSO["video"] == {".gif", ".avifs"}


def test_what_pil_decodes_is_on_the_page() -> None:
    """Formats that PIL opens here, by its own list of suffixes; a device-independent bitmap without its head is not one file."""
    from pipeline.media.image import FORMATS as OPENED

    Image.init()
    decoded = {suffix for suffix, kind in Image.registered_extensions().items() if kind in (*OPENED, "MPO")}
    assert decoded <= READ["image"]


def _kind_without_name(path: Path) -> str | None:
    return media_kind(shutil.copy(path, path.with_name("nameless")))


@pytest.mark.parametrize(("suffix", "write"), PICTURES.items())
def test_pictures(tmp_path: Path, suffix: str, write: Write) -> None:
    path = tmp_path / f"x{suffix}"
    write(path)
    assert decode_image(str(path), ImageSpec(32)).std() > 10
    assert media_kind(path) == _kind_without_name(path) == "image" and fits(path, "image")
    if suffix in ALSO["video"]:
        assert decode_video(str(path), VideoSpec(2, 32)).std() > 10 and fits(path, "video")
    else:
        with pytest.raises(MediaError):
            decode_video(str(path), VideoSpec(2, 32))
        assert not fits(path, "video")


@pytest.mark.parametrize(("suffix", "write"), SOUNDS.items())
def test_sounds(tmp_path: Path, suffix: str, write: Write) -> None:
    path = tmp_path / f"x{suffix}"
    write(path)
    assert np.abs(decode_audio(str(path), AudioSpec(16_000, 0.5))).max() > 1e-4
    assert media_kind(path) == "audio"
    # Some containers hold sounds and videos: without a name they are taken for videos, which may be listened to.
    assert _kind_without_name(path) in ("audio", "video") and fits(path.with_name("nameless"), "audio")


@pytest.mark.parametrize(("suffix", "write"), FILMS.items())
def test_videos(tmp_path: Path, suffix: str, write: Write) -> None:
    path = tmp_path / f"x{suffix}"
    write(path)
    assert decode_video(str(path), VideoSpec(2, 32)).std() > 10
    assert media_kind(path) == "video" and fits(path, "video") and fits(path, "audio")
    assert _kind_without_name(path) == (None if suffix in BY_NAME_ONLY else "video")


def ftyp(first: str, *others: str) -> bytes:
    body = first.encode() + bytes(4) + "".join(others).encode()
    return (len(body) + 8).to_bytes(4, "big") + b"ftyp" + body + b"\0\0\1\0meta" + b"heicavif"


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (ftyp("avif", "mif1", "miaf"), "AVIF"), (ftyp("mif1", "avif", "miaf"), "AVIF"), (ftyp("avis", "msf1"), "AVIF sequence"),
        (ftyp("msf1", "avis"), "AVIF sequence"), (ftyp("heic", "mif1"), "HEIC"), (ftyp("heix", "mif1"), "HEIC"),
        (ftyp("mif1", "heic"), "HEIC"), (ftyp("msf1", "hevc"), "HEIC"), (ftyp("hevc", "msf1"), "HEIC"), (ftyp("mif1"), "HEIC"),
        (ftyp("mif1", "iso8", "heic"), "HEIC"), (ftyp("MiHE", "mif1", "heic"), "HEIC"), (ftyp("crx ", "isom"), "raw photo"),
        (ftyp("isom", "iso2", "avc1", "mp41"), "film"), (ftyp("mp42", "mif1", "heic"), "film"), (ftyp("qt  ", "qt  "), "film"),
        (ftyp("M4A ", "isom"), "sound"), (ftyp("M4V ", "M4A "), "film"), (ftyp("NEWB", "M4A "), "sound"), (ftyp("NEWB"), "film"),
        (b"\0\0\0\0ftypavif", "AVIF"), (b"\0\0\0\1ftypisom" + bytes(40), "film"), (b"\0\0\0\x18ftyp", None), (b"", None),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
    ],
)  # fmt: skip
def test_brands(head: bytes, found: str | None) -> None:
    assert iso_format(head) == found


def test_stills_that_were_taken_for_videos(cases: Path) -> None:
    avif, heic = cases / "images/03.avif", cases / "images/40.heic"
    assert [media_kind(path) for path in (avif, heic)] == ["image", "image"]
    assert decode_image(str(avif), ImageSpec(32)).std() > 10
    for path in (avif, heic):
        with pytest.raises(MediaError, match="^not a video: a still image$"):
            decode_video(str(path), VideoSpec(2, 32))
    with pytest.raises(MediaError) as error:
        decode_image(str(heic), ImageSpec(32))
    assert error.value.reason == unread("HEIC")
    assert unread("HEIC") == "HEIC is not read: convert it, for example with: heif-convert photo.heic photo.jpg"


def test_other_pictures_that_nothing_reads_are_named(tmp_path: Path) -> None:
    for head, name in (
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\xff\x0a" + bytes(9), "JPEG XL"),
        (ftyp("crx "), "raw photo"),
    ):
        (tmp_path / "x").write_bytes(head + bytes(64))
        assert media_kind(tmp_path / "x") == "image"
        with pytest.raises(MediaError, match=f"^{name} is not read: convert it, for example with: "):
            decode_image(str(tmp_path / "x"), ImageSpec(32))


@pytest.mark.parametrize(
    "text",
    [
        "BMW is a car",
        "GIF8 means",
        "ID3 tags",
        "FLV files",
        "P5 is a road",
        "OggS",
        "G" + "x" * 187 + "G" + "x" * 300,
        "II*",
        "riff",
        "\n\x05",
    ],
)
def test_texts_that_begin_as_media_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "note.txt").write_text(text)
    for encoding in ("utf-8", "utf-16"):
        (tmp_path / "note.txt").write_text(text, encoding)
        found = media_kind(tmp_path / "note.txt")
        assert found == ("audio" if text == "OggS" and encoding == "utf-8" else "text"), encoding
