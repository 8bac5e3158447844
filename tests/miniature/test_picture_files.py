"""A picture's file is what its name says, byte for byte what PIL writes where there is room."""

import numpy as np
import pytest
from PIL import Image

from pipeline.miniature.world import write_images
from pipeline.miniature.world.picture_files import write_picture


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_is_what_pil_writes(tmp_path, suffix):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 70, 3), np.uint8))
    write_picture(picture, tmp_path / f"ours{suffix}")
    picture.save(tmp_path / f"theirs{suffix}", quality=92)
    assert (tmp_path / f"ours{suffix}").read_bytes() == (tmp_path / f"theirs{suffix}").read_bytes()


def test_the_world_s_pictures_are_of_the_kind_that_their_names_say(tmp_path):
    root = write_images(tmp_path / "world", 1, 16)
    kinds = set()
    for path in (root / "images").iterdir():
        with Image.open(path) as picture:
            kinds.add((path.suffix, picture.format))
    assert kinds == {(".jpg", "JPEG"), (".png", "PNG")}
