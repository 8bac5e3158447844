import numpy as np
import pytest
import torch
from open_clip.transform import image_transform
from PIL import Image

from pipeline.media import ImageSpec, MediaError
from pipeline.media.image import decode_image

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
MODES = [("shortest_edge", "shortest"), ("squash", "squash")]
rng = np.random.default_rng(0)


def theirs(path, size, mode, interpolation="bicubic"):
    transform = image_transform(size, is_train=False, mean=MEAN, std=STD, resize_mode=mode, interpolation=interpolation)
    with Image.open(path) as image:
        return transform(image)


def normalised(pixels):
    scaled = torch.tensor(pixels).permute(2, 0, 1).float() / 255
    return (scaled - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


@pytest.mark.parametrize(("ours", "open_clips"), MODES)
def test_photographs_are_open_clips_to_the_bit(shared, ours, open_clips):
    paths = [*shared.glob("*.png"), *shared.glob("imagenet-samples/*.JPEG")]
    assert len(paths) >= 20
    for path in paths:
        pixels = decode_image(str(path), ImageSpec(224, ours))
        assert pixels.dtype == np.uint8
        torch.testing.assert_close(normalised(pixels), theirs(path, 224, open_clips), atol=0, rtol=0)


@pytest.mark.parametrize(("ours", "open_clips"), MODES)
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("size", [(31, 97), (97, 31), (50, 51), (7, 7), (200, 3), (40, 40)])
def test_odd_sizes_are_open_clips_to_the_bit(tmp_path, ours, open_clips, interpolation, size):
    Image.fromarray(rng.integers(0, 256, (*size, 3), np.uint8)).save(tmp_path / "x.png")
    pixels = decode_image(str(tmp_path / "x.png"), ImageSpec(40, ours, interpolation))
    wanted = theirs(tmp_path / "x.png", 40, open_clips, interpolation)
    torch.testing.assert_close(normalised(pixels), wanted, atol=0, rtol=0)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
def test_other_colour_modes_are_open_clips_to_the_bit(tmp_path, mode):
    image = Image.fromarray(rng.integers(0, 256, (30, 40, 4), np.uint8), "RGBA").convert("RGB").convert(mode)
    path = tmp_path / ("x.jpg" if mode == "CMYK" else "x.png")
    image.save(path)
    pixels = decode_image(str(path), ImageSpec(24))
    assert pixels.shape == (24, 24, 3)
    torch.testing.assert_close(normalised(pixels), theirs(path, 24, "shortest"), atol=0, rtol=0)


def test_orientation_in_exif_is_not_applied(tmp_path):
    image = Image.fromarray(rng.integers(0, 256, (20, 40, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    image.save(tmp_path / "plain.png")
    turned, plain = (decode_image(str(tmp_path / name), ImageSpec(16)) for name in ("turned.png", "plain.png"))
    np.testing.assert_array_equal(turned, plain)


def write_bad(tmp_path, kind):
    path = tmp_path / "x.png"
    good = tmp_path / "good.png"
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(good)
    Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(tmp_path / "good.jpg")
    content = {
        "empty": b"",
        "text": b"this is no image\n" * 20,
        "half png": good.read_bytes()[:4000],
        "half jpg": (tmp_path / "good.jpg").read_bytes()[:1500],
        "header": good.read_bytes()[:40],
        "flipped": good.read_bytes()[:60] + b"\xff" * 4000,
        "no chunk": good.read_bytes()[:33] + b"\xff" * 4000,
    }
    if kind == "program":
        Image.new("RGB", (20, 20)).save(tmp_path / "x.eps")
        return tmp_path / "x.eps"
    if kind == "slender":
        Image.new("L", (20_000, 1)).save(path)
        return path
    if kind == "folder":
        path.mkdir()
    elif kind == "bomb":
        Image.new("1", (20_000, 10_000)).save(path)
    elif kind != "gone":
        path.write_bytes(content[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("gone", "no such file"),
        ("folder", "not a file"),
        ("empty", "empty file"),
        ("text", "not an image"),
        ("half png", "truncated"),
        ("half jpg", "truncated"),
        ("header", "not an image"),
        ("flipped", "not an image: OSError: unrecognized data stream contents when reading image file"),
        ("no chunk", "not an image"),
        ("slender", "too large: 20000 x 1 pixels would be scaled to 4480000 x 224"),
        ("program", "not an image"),
        ("bomb", "too large: more pixels than PIL opens"),
    ],
)
def test_bad_files_have_reasons(tmp_path, kind, reason):
    with pytest.raises(MediaError) as error:
        decode_image(str(write_bad(tmp_path, kind)), ImageSpec())
    assert error.value.reason == reason
