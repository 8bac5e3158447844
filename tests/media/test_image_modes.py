"""Every kind of picture that PIL makes of a file: RGB before or after scaling, and grey of more than 8 bits by its range."""

import struct

import numpy as np
import pytest
from PIL import Image
from torchvision import transforms as tv

from pipeline.media import ImageSpec, MediaError
from pipeline.media.image import decode_image, open_image
from pipeline.sources import AugmentedViewsSpec, ImageViewsSpec
from pipeline.sources.augmented import augmented_views
from pipeline.sources.views import image_views

rng = np.random.default_rng(0)
GREY = np.add.outer(np.arange(60) * 2, np.arange(80) * 1.5).astype(np.uint8)
MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr"]
TIFFS = ("RGBa", "CMYK", "YCbCr")  # PNG has no such colours


def drawn(mode):
    """A colourful picture of a mode; what is transparent has colours, too."""
    pixels = rng.integers(0, 256, (6, 8, 4), np.uint8).repeat(10, axis=0).repeat(10, axis=1)
    image = Image.fromarray(pixels)
    if mode == "PA":
        made = image.convert("RGB").quantize(16)
        made.info["transparency"] = 3
        return made
    if mode == "RGBa":
        return image.convert("RGBa")
    return image.convert("RGB").convert(mode) if mode not in ("RGBA", "LA") else image.convert(mode)


@pytest.fixture
def written(tmp_path):
    def write(mode):
        path = tmp_path / f"{mode}.{'tif' if mode in TIFFS else 'png'}"
        image = drawn(mode)
        if mode == "RGBa":  # PIL writes no TIFF whose colours are multiplied by their transparency, but reads it
            Image.fromarray(np.asarray(image)).save(path)
            content = path.read_bytes()
            tag = struct.pack("<HHI", 338, 3, 1)
            assert content.count(tag) == 1
            path.write_bytes(content.replace(tag + struct.pack("<I", 2), tag + struct.pack("<I", 1)))
        else:
            image.save(path)
        return path

    return write


def torchvisions(path, first, size=24):
    """By torchvision's transforms: Dassl's reader converts beforehand, open_clip's transform in the end."""
    with Image.open(path) as image:
        image.load()
        picture = image.convert("RGB") if first else image
        scaled = tv.Compose([tv.Resize(size, tv.InterpolationMode.BICUBIC), tv.CenterCrop(size)])(picture)
        return np.asarray(scaled.convert("RGB"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("rgb", ["first", "last"])
def test_every_mode_is_converted_when_it_is_asked_to_be(written, mode, rgb):
    path = written(mode)
    wanted = torchvisions(path, rgb == "first")
    np.testing.assert_array_equal(decode_image(str(path), ImageSpec(24, rgb=rgb)), wanted)
    views = image_views(str(path), ImageViewsSpec(24, 24, 1, rgb=rgb))
    np.testing.assert_array_equal(views[0], wanted)


def test_the_order_matters_where_colours_cannot_be_averaged(written, cases):
    paths = {mode: written(mode) for mode in MODES}
    differ = {mode for mode, path in paths.items() if (torchvisions(path, True) != torchvisions(path, False)).any()}
    assert {"1", "P", "PA", "RGBA", "LA"} <= differ and not {"L", "RGB"} & differ
    for name in ("12_palette.png", "14_rgba_transparent.png"):
        first, last = (
            decode_image(str(cases / "images" / name), ImageSpec(64, rgb=rgb)).astype(int) for rgb in ("first", "last")
        )
        assert np.abs(first - last).max() > 20


@pytest.mark.parametrize("mode", MODES)
def test_training_crops_and_test_views_are_one_picture(written, mode, tmp_path):
    """A crop that is the whole picture, not mirrored, is what the test sees."""
    with Image.open(written(mode)) as image:
        image.crop((0, 0, 60, 60)).save(tmp_path / "square.tif")
    whole = AugmentedViewsSpec(24, 1, scale=(1.0, 1.0), ratio=(1.0, 1.0), flip=0.0)
    (crop,) = augmented_views(str(tmp_path / "square.tif"), whole)
    np.testing.assert_array_equal(crop, decode_image(str(tmp_path / "square.tif"), ImageSpec(24, rgb="first")))


def grey_file(path, values):
    Image.fromarray(values).save(path)
    return str(path)


def as_pgm(values, most):
    height, width = values.shape
    return f"P5 {width} {height} {most}\n".encode() + values.astype(">u2").tobytes()


def as_big_endian_tiff(values):
    """A TIFF of 16 bits whose numbers begin with their larger byte."""
    height, width = values.shape
    tags = [(256, 4, width), (257, 4, height), (258, 3, 16 << 16), (259, 3, 1 << 16), (262, 3, 1 << 16), (273, 4, 200),
            (277, 3, 1 << 16), (278, 4, height), (279, 4, values.size * 2)]  # fmt: skip
    head = b"MM\0*" + struct.pack(">IH", 8, len(tags)) + b"".join(struct.pack(">HHII", t, k, 1, v) for t, k, v in tags)
    return head.ljust(200, b"\0") + values.astype(">u2").tobytes()


def as_tiff(values, bits, black=1):
    """A TIFF of 16 or, two numbers in three bytes, 12 bits; with `black` 0 the largest number is black."""
    height, width = values.shape
    packed = values.astype("<u2").tobytes()
    if bits == 12:
        pairs = values.reshape(-1, 2).astype(np.uint32)
        joined = pairs[:, 0] << 12 | pairs[:, 1]
        packed = np.stack([joined >> 16, joined >> 8 & 255, joined & 255], axis=1).astype(np.uint8).tobytes()
    tags = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, black), (273, 4, 200), (277, 3, 1),
            (278, 4, height), (279, 4, len(packed))]  # fmt: skip
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in tags)
    return head.ljust(200, b"\0") + packed


SIXTEEN = {
    "png": lambda path, values: grey_file(path, values),
    "tif": lambda path, values: grey_file(path, values),
    "jp2": lambda path, values: grey_file(path, values),
    "big.tif": lambda path, values: path.write_bytes(as_big_endian_tiff(values)),
    "pgm": lambda path, values: path.write_bytes(as_pgm(values, 65_535)),
    "int.tif": lambda path, values: grey_file(path, values.astype(np.int32)),
    "float.tif": lambda path, values: grey_file(path, (values / 65_535).astype(np.float32)),
    "large float.tif": lambda path, values: grey_file(path, values.astype(np.float32)),
}


@pytest.mark.parametrize("kind", SIXTEEN)
@pytest.mark.parametrize("rgb", ["first", "last"])
def test_grey_of_more_bits_is_the_picture_of_8_bits(tmp_path, kind, rgb):
    plain, path = grey_file(tmp_path / "plain.png", GREY), tmp_path / f"x.{kind}"
    SIXTEEN[kind](path, GREY.astype(np.uint16) * 257)
    with Image.open(path) as image:
        assert image.mode in ("I;16", "I;16B", "I", "F")
    for spec in (ImageSpec(24, rgb=rgb), ImageSpec(40, "squash", "bilinear", rgb)):
        np.testing.assert_array_equal(decode_image(str(path), spec), decode_image(plain, spec))


def test_16_bits_are_divided_by_257_and_rounded(tmp_path):
    values = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    with open_image(grey_file(tmp_path / "x.png", values)) as image:
        assert image.mode == "L"
        np.testing.assert_array_equal(np.asarray(image), np.rint(values / 257))


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("int8", lambda path: grey_file(path, GREY.astype(np.int32))),
        ("float255", lambda path: grey_file(path, GREY.astype(np.float32))),
        ("12", lambda path: path.write_bytes(as_tiff((GREY * (4095 / 255)).round(), 12))),
        ("pgm", lambda path: path.with_suffix(".pgm").write_bytes(as_pgm(GREY.astype(int) * 17, 4335))),
    ],
)
def test_other_ranges_that_are_told(tmp_path, kind, write):
    write(tmp_path / "x.tif")
    path = tmp_path / ("x.pgm" if kind == "pgm" else "x.tif")
    with open_image(str(path)) as image:
        assert np.abs(np.asarray(image).astype(int) - GREY).max() <= 1


def test_a_tiff_whose_zero_is_white_is_turned_round(tmp_path):
    (tmp_path / "x.tif").write_bytes(as_tiff(GREY.astype(np.uint16) * 257, 16, black=0))
    with Image.open(tmp_path / "x.tif") as image:
        assert image.tag_v2[262] == 0
    with open_image(str(tmp_path / "x.tif")) as image:
        np.testing.assert_array_equal(np.asarray(image), 255 - GREY)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.array([[0, 70_000]], np.int32), "pixels from 0 to 70000"),
        (np.array([[-5, 200]], np.int32), "pixels from -5 to 200"),
        (np.array([[-0.5, 0.5]], np.float32), "pixels from -0.5 to 0.5"),
        (np.array([[0.0, np.nan]], np.float32), "pixels from nan to nan"),
        (np.array([[0.0, np.inf]], np.float32), "pixels from 0 to inf"),
    ],
)
def test_numbers_whose_white_nobody_knows_are_refused(tmp_path, values, found):
    with pytest.raises(MediaError) as error:
        decode_image(grey_file(tmp_path / "x.tif", values.repeat(9, 0)), ImageSpec())
    assert error.value.reason.startswith(f"numbers of no known range: {found}; known are ")
    assert error.value.reason.endswith("Save the picture with 8 or 16 bits")


def test_colours_of_no_known_kind_are_refused(tmp_path):
    Image.fromarray(GREY).convert("RGB").save(tmp_path / "rgb.png")
    Image.frombytes("LAB", (80, 60), GREY.repeat(3)).save(tmp_path / "x.tif")
    with pytest.raises(MediaError, match="^colours of no known kind: LAB. Save the picture as RGB$"):
        decode_image(str(tmp_path / "x.tif"), ImageSpec())


def test_the_pictures_of_the_cases(cases):
    """One picture as 16 bits, as whole numbers of 32 bits and as floats: grey, and the same."""
    names = ("07_gray16.png", "08_gray16.tif", "09_float01.tif", "10_int32.tif")
    found = [decode_image(str(cases / "images" / name), ImageSpec()).astype(int) for name in names]
    for pixels in found:
        assert 15 < pixels.std() and pixels.max() < 230
        assert np.abs(pixels - found[0]).max() <= 1
    # Nobody can know that a camera filled 12 bits of 16 only; it is dark, but not black.
    dark = decode_image(str(cases / "images" / "11_gray12in16.png"), ImageSpec())
    assert dark.max() == 13 and dark.std() > 1


def test_many_words_beside_a_picture_are_no_fault(cases):
    assert decode_image(str(cases / "images" / "42_bigtext.png"), ImageSpec()).std() > 10
