"""TV-L1 of our source against OpenCV called by itself, against scikit-image's, and against known motion."""

import re
import sys

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pipeline.media import MediaError
from pipeline.sources import FlowSpec, TvL1, VideoViewsSpec
from pipeline.sources.cache import cache_source
from pipeline.sources.errors import SourceError
from pipeline.sources.flow import as_images, flow_views, quantise, tv_l1
from pipeline.sources.sampling import clip_indices

cv2 = pytest.importorskip("cv2", reason="OpenCV is the extra 'flow'")
QUICK = TvL1(scales=3, warps=2, outer=3, epsilon=0.02)


def small(side=64, **views):
    return VideoViewsSpec(
        **{"size": side, "short_side": side, "clips": 1, "crops": 1, "interpolation": "bilinear", **views}
    )


def texture(height=80, width=80):
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    return np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(2)).convert("L").convert("RGB"))


def moved(count, right, down=0, side=64):
    """Windows on a texture that moves so many pixels a frame."""
    whole = texture(200, 200)
    corners = [(60 - down * index, 60 - right * index) for index in range(count)]
    return np.stack([whole[top : top + side, left : left + side] for top, left in corners])


def pixels(stored, bound=20.0):
    return stored.astype(np.float64) * (2 * bound / 255) - bound


@pytest.mark.parametrize(("right", "down"), [(2, 0), (-1, 0), (0, 3), (1, -2)])
def test_known_motion_is_found(tmp_path, write_film, right, down):
    path = write_film(tmp_path / "x.mkv", moved(6, right, down))
    flow = flow_views(str(path), FlowSpec(small(frames=3, stride=2), QUICK))
    assert flow.shape == (1, 3, 64, 64, 2) and flow.dtype == np.uint8
    inside = pixels(flow)[0, :, 8:-8, 8:-8]
    assert np.abs(np.median(inside, axis=(0, 1, 2)) - (right, down)).max() < 0.16  # one of 255 steps
    assert (np.abs(inside - (right, down)) < 0.35).mean() > 0.95


@pytest.mark.parametrize("name", ["realshort.mp4", "cockatoo.mp4"])
def test_real_videos_are_opencvs_own_flow(shared, name):
    """OpenCV by itself: its decoder, its grey, its scaling, its flow, and MOV's mapping written out."""
    spec = FlowSpec(small(side=96, frames=2, stride=7, crops=3), QUICK)
    ours = flow_views(str(shared / name), spec)
    assert ours.shape == spec.shape == (3, 2, 96, 96, 2)
    capture, frames = cv2.VideoCapture(str(shared / name)), []
    indices = clip_indices(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), spec.views)[0]
    while len(frames) <= indices[-1] + 1:
        frames.append(capture.read()[1])
    for place, index in enumerate(indices):
        grey = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames[index : index + 2]]
        width = int(96 * grey[0].shape[1] / grey[0].shape[0])
        before, after = [cv2.resize(g, (width, 96), interpolation=cv2.INTER_AREA) for g in grey]
        algorithm = cv2.optflow.DualTVL1OpticalFlow_create(nscales=3, warps=2, outerIterations=3, epsilon=0.02)
        flow = algorithm.calc(before, after, None)
        wanted = (np.clip(flow, -20, 20) + 20) / 40 * 255
        for crop, left in enumerate((0, round((width - 96) / 2), width - 96)):
            difference = np.abs(ours[crop, place] - wanted[:, left : left + 96])
            # Grey and scaling differ by rounding; what is left is under one step of 0.16 pixels nearly everywhere.
            assert np.median(difference) < 0.6 and (difference < 3).mean() > 0.95
        assert np.abs(flow).max() > 0.5  # there is motion to agree about


def test_real_motion_is_scikit_images_too(shared):
    registration = pytest.importorskip("skimage.registration", reason="scikit-image is for tests only")
    capture = cv2.VideoCapture(str(shared / "realshort.mp4"))
    before, after = [
        cv2.resize(cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2GRAY), (160, 120), interpolation=cv2.INTER_AREA)
        for _ in range(2)
    ]
    ours = tv_l1(TvL1()).calc(before, after, None)
    down, right = registration.optical_flow_tvl1(before, after, attachment=15)
    apart = np.linalg.norm(ours - np.stack([right, down], axis=-1), axis=-1)
    assert np.linalg.norm(ours, axis=-1).mean() > 0.3
    assert np.median(apart) < 0.1 and (apart < 0.5).mean() > 0.95


def test_the_parameters_reach_opencv():
    made = tv_l1(TvL1(0.2, 0.1, 0.4, 3, 2, 0.05, 7, 4, 0.7, 3))
    names = "Tau", "Lambda", "Theta", "ScalesNumber", "WarpingsNumber", "Epsilon", "InnerIterations", "OuterIterations"
    found = [getattr(made, f"get{name}")() for name in (*names, "ScaleStep", "MedianFiltering")]
    np.testing.assert_allclose(found, [0.2, 0.1, 0.4, 3, 2, 0.05, 7, 4, 0.7, 3])
    plain, default = cv2.optflow.DualTVL1OpticalFlow_create(), tv_l1(TvL1())
    for name in (*names, "ScaleStep", "MedianFiltering", "Gamma", "UseInitialFlow"):
        assert getattr(plain, f"get{name}")() == getattr(default, f"get{name}")()


def test_the_mapping_to_bytes():
    flow = np.array([-30.0, -20.0, -10.0, 0.0, 10.0, 20.0, np.inf], np.float32)
    assert quantise(flow, 20.0).tolist() == [0, 0, 64, 128, 191, 255, 255]
    images = as_images(quantise(np.zeros((2, 3, 2), np.float32), 20.0))
    assert images.shape == (2, 3, 3) and images.dtype == np.float32
    assert (images[..., :2] == 128).all() and (images[..., 2] == 127.5).all()


def test_the_last_frame_has_the_flow_before_it_and_a_still_none(tmp_path, write_film):
    path = write_film(tmp_path / "x.mkv", moved(4, 2))
    flow = flow_views(str(path), FlowSpec(small(frames=4, stride=1), QUICK))
    np.testing.assert_array_equal(flow[0, 3], flow[0, 2])
    still = flow_views(str(write_film(tmp_path / "y.mkv", moved(1, 0))), FlowSpec(small(frames=2), QUICK))
    assert (still == 128).all()


def test_bad_files_have_reasons(tmp_path):
    (tmp_path / "x").write_bytes(b"nothing of the kind" * 9)
    with pytest.raises(MediaError, match="^not a video: "):
        flow_views(str(tmp_path / "x"), FlowSpec())


def test_without_opencv_nothing_is_begun(tmp_path, store, row, write_film, monkeypatch):
    from pipeline.telemetry.progress import Progress

    path = write_film(tmp_path / "x.mkv", moved(2, 1))
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(SourceError, match=re.escape('Type: pip install -e ".[flow]"')):
        cache_source(store, FlowSpec(), [row(path)], progress=Progress.silent())
    assert store.artifacts() == []
