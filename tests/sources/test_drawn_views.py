"""Random views of videos: those of RGB and flow share start, crop and flip, and follow from the file's bytes alone."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from pipeline.media.image import scale_short_side
from pipeline.media.video import read_frames
from pipeline.miniature.world.reversals import render_reversal, sample_reversal
from pipeline.miniature.world.video_files import write_mp4
from pipeline.sources import DrawnViewsSpec, FlowSpec, source_artifact
from pipeline.sources.drawn_views import Drawing, drawn_views
from pipeline.sources.make import make_source
from stores import file_key

SPEC = DrawnViewsSpec(frames=4, stride=2, views=5, size=32, short_side=48, interpolation="bilinear")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "a.mp4"
    write_mp4(path, render_reversal(sample_reversal(np.random.default_rng(3), "sliding right")))
    return path


def whole(path: Path) -> list[np.ndarray]:
    def prepare(image: Image.Image) -> np.ndarray:
        return np.asarray(scale_short_side(image, SPEC.short_side, "bilinear").convert("RGB"))

    return read_frames(str(path), lambda count: list(range(count)), prepare)


def test_views_are_crops_of_the_frames_cut_here_by_pil(clip: Path) -> None:
    found, frames = drawn_views(str(clip), SPEC), whole(clip)
    assert found.shape == SPEC.shape == (5, 4, 32, 32, 3) and found.dtype == np.uint8
    drawing = Drawing(file_key(str(clip)), SPEC)
    indices = drawing.indices(len(frames))
    assert indices.max() < len(frames) and (np.diff(indices, axis=1) == 2).all() and len(set(indices[:, 0])) > 1
    flips = []
    for view in range(5):
        place = drawing.place(view, *frames[0].shape[:2])
        flips.append(place.mirrored)
        top, left, down, across = place.box
        for number, frame in zip(range(4), indices[view], strict=True):
            crop = Image.fromarray(frames[frame]).crop((left, top, left + across, top + down))
            expected = crop.resize((32, 32), Image.Resampling.BILINEAR)
            expected = ImageOps.mirror(expected) if place.mirrored else expected
            np.testing.assert_array_equal(found[view, number], np.asarray(expected))
    assert len(set(flips)) == 2 and len({drawing.place(view, 48, 48).box for view in range(5)}) == 5


def test_flow_is_of_the_same_frames_crops_and_flips(clip: Path) -> None:
    """Computed here on whole pictures by OpenCV, stored in bytes, then cropped like a picture; u keeps its sign."""
    pytest.importorskip("cv2", reason="flow needs OpenCV: pip install -e '.[flow]'")
    from pipeline.sources.flow import quantise, tv_l1

    spec = FlowSpec(views=SPEC, bound=5)
    found, frames = make_source(str(clip), spec), whole(clip)
    assert found.shape == spec.shape == (5, 4, 32, 32, 2)
    grey = read_frames(
        str(clip), lambda count: list(range(count)),
        lambda image: np.asarray(scale_short_side(image.convert("L"), 48, "bilinear")),
    )  # fmt: skip
    drawing = Drawing(file_key(str(clip)), SPEC)
    algorithm = tv_l1(spec.tv_l1)
    for view in (0, 4):
        place = drawing.place(view, *frames[0].shape[:2])
        top, left, down, across = place.box
        frame = int(min(drawing.indices(len(frames))[view, 1], len(frames) - 2))
        flow = quantise(algorithm.calc(grey[frame], grey[frame + 1], None), 5)
        for channel in range(2):
            crop = Image.fromarray(np.ascontiguousarray(flow[..., channel])).crop(
                (left, top, left + across, top + down)
            )
            expected = crop.resize((32, 32), Image.Resampling.BILINEAR)
            expected = ImageOps.mirror(expected) if place.mirrored else expected
            np.testing.assert_array_equal(found[view, 1, ..., channel], np.asarray(expected))


def test_neither_the_place_nor_the_number_of_views_matters(clip: Path, tmp_path: Path) -> None:
    moved = tmp_path / "b.mp4"
    shutil.copy(clip, moved)
    few = drawn_views(str(moved), DrawnViewsSpec(**{**vars(SPEC), "views": 2}))
    np.testing.assert_array_equal(few, drawn_views(str(clip), SPEC)[:2])
    assert not np.array_equal(few, drawn_views(str(clip), DrawnViewsSpec(**{**vars(SPEC), "views": 2, "seed": 1})))


def test_every_field_names_the_artifact_and_stored_views_keep_their_names(clip: Path) -> None:
    prints = {source_artifact(FlowSpec(views=each)).fingerprint for each in (SPEC, DrawnViewsSpec())}
    assert len({*prints, source_artifact(SPEC).fingerprint, source_artifact(DrawnViewsSpec()).fingerprint}) == 4


def test_a_short_video_is_looped_and_every_start_is_possible() -> None:
    drawing = Drawing("ab" * 32, DrawnViewsSpec(frames=4, stride=2, views=400))
    assert drawing.indices(3)[0].tolist() == [0, 2, 1, 0]
    starts = drawing.indices(10)[:, 0]
    assert set(starts) == {0, 1, 2, 3} and np.bincount(starts).min() > 60
