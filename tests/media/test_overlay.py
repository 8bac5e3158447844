"""Masks painted over pictures."""

import numpy as np

from pipeline.media.overlay import painted, resized, resized_mask

RED = (255, 0, 0)


def test_what_lies_in_no_mask_is_dimmed_and_edges_are_bright() -> None:
    picture = np.full((7, 7, 3), (100, 200, 40), np.uint8)
    mask = np.zeros((7, 7), bool)
    mask[1:6, 1:6] = True
    found = painted(picture, {RED: mask})
    assert found[0, 0].tolist() == [65, 130, 26]
    assert found[1, 1].tolist() == [255, 0, 0]  # the edge
    assert found[3, 3].tolist() == [193, 80, 16]  # 0.4 of the picture, 0.6 of the colour
    assert (picture == (100, 200, 40)).all()  # is left as it was


def test_a_grey_picture_keeps_the_colours_of_masks_apart() -> None:
    picture = np.zeros((5, 5, 3), np.uint8)
    picture[..., 1] = 200
    found = painted(picture, {RED: np.zeros((5, 5), bool)}, grey=True)
    assert len(set(found[2, 2].tolist())) == 1 and found[2, 2, 0] == round(0.65 * 0.587 * 200)


def test_masks_are_scaled_without_anything_between() -> None:
    mask = np.array([[True, False], [False, True]])
    large = resized_mask(mask, (6, 4))
    assert large.shape == (4, 6) and large.dtype == bool
    assert np.array_equal(large, np.repeat(np.repeat(mask, 2, 0), 3, 1))
    assert resized(np.zeros((2, 2, 3), np.uint8), (6, 4)).shape == (4, 6, 3)
