"""Pictures of masks: which pixels count in each kind of picture, and scaling that invents nothing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.media.errors import MediaError
from pipeline.media.mask_spec import MaskSpec
from pipeline.media.masks import MaskLook, decode_mask, look_at_mask

PIXELS = np.array([[0, 255, 1], [127, 128, 0]], dtype=np.uint8)


def saved(path: Path, image: Image.Image) -> str:
    image.save(path)
    return str(path)


def colours(red: np.ndarray, alpha: np.ndarray | None = None) -> np.ndarray:
    parts = [red, np.zeros_like(red), np.zeros_like(red)] + ([] if alpha is None else [alpha])
    return np.stack(parts, axis=-1)


def square(pixels: np.ndarray) -> np.ndarray:
    """Repeated to 6 x 6, so that a mask of six is each pixel as it lies."""
    return pixels.repeat(3, axis=0).repeat(2, axis=1)


def test_what_counts_in_each_kind_of_picture(tmp_path: Path) -> None:
    palette = Image.fromarray(PIXELS).convert("P")
    palette.putpalette([255, 255, 255] * 256)  # by number: every colour is white
    pictures = {
        "grey": Image.fromarray(PIXELS),
        "palette": palette,
        "colours": Image.fromarray(colours(PIXELS)),
        "wide": Image.fromarray(PIXELS.astype(np.uint16) * 257),
        "transparent": Image.fromarray(colours(np.full_like(PIXELS, 9), PIXELS)),
    }
    for name, picture in pictures.items():
        made = decode_mask(saved(tmp_path / f"{name}.png", picture), MaskSpec(6))
        assert made.dtype == np.uint8 and made.shape == (6, 6)
        assert (made == square(PIXELS > 0)).all(), name
    bits = Image.fromarray(PIXELS >= 128)
    assert (decode_mask(saved(tmp_path / "bits.png", bits), MaskSpec(6)) == square(PIXELS >= 128)).all()


def test_one_bit_keeps_what_is_half_as_bright_or_more(tmp_path: Path) -> None:
    path = saved(tmp_path / "grey.png", Image.fromarray(PIXELS))
    assert (decode_mask(path, MaskSpec(6, "half")) == square(PIXELS >= 128)).all()
    published = Image.open(path).convert("1", dither=Image.Dither.NONE)
    assert (decode_mask(path, MaskSpec(6, "half")) == square(np.asarray(published))).all()


@pytest.mark.parametrize("size", [3, 7, 24, 64, 224])
def test_scaling_takes_the_nearest_pixel_as_pil_does(size: int, tmp_path: Path) -> None:
    mask = (np.random.default_rng(0).random((48, 48)) < 0.4).astype(np.uint8) * 255
    path = saved(tmp_path / "m.png", Image.fromarray(mask))
    made = decode_mask(path, MaskSpec(size))
    nearest = np.asarray(Image.fromarray(mask).resize((size, size), Image.Resampling.NEAREST))
    assert (made * 255 == nearest).all() and set(np.unique(made)) <= {0, 1}


@pytest.mark.parametrize(
    ("pixels", "values"),
    [
        ([[0, 255]], "plain"),
        ([[0, 0]], "plain"),
        ([[0, 1]], "ones"),
        ([[1, 1]], "ones"),
        ([[0, 1, 255]], "odd"),
        ([[7]], "odd"),
    ],
)
def test_what_a_picture_holds(pixels: list[list[int]], values: str, tmp_path: Path) -> None:
    array = np.array(pixels, dtype=np.uint8)
    found = look_at_mask(saved(tmp_path / "m.png", Image.fromarray(array)))
    assert found == MaskLook(array.shape[1], array.shape[0], values)  # type: ignore[arg-type]


def test_what_is_no_picture_is_a_reason(tmp_path: Path) -> None:
    whole = saved(
        tmp_path / "m.png", Image.fromarray(np.random.default_rng(0).integers(0, 2, (64, 64), dtype=np.uint8))
    )
    (tmp_path / "cut.png").write_bytes(Path(whole).read_bytes()[:200])
    (tmp_path / "text.png").write_text("no mask")
    (tmp_path / "empty.png").touch()
    for name, reason in (
        ("cut", "truncated"),
        ("text", "not an image"),
        ("empty", "empty file"),
        ("gone", "no such file"),
    ):
        for read in (look_at_mask, lambda path: decode_mask(path, MaskSpec(8))):
            with pytest.raises(MediaError, match=reason):
                read(str(tmp_path / f"{name}.png"))
