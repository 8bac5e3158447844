"""Flow as JPEG: within its bound, smaller, named by both, and read back wherever flow is read."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from pipeline.datasets.rows import MediaRow
from pipeline.miniature.world.reversals import render_reversal, sample_reversal
from pipeline.miniature.world.video_files import write_mp4
from pipeline.sources import FlowSpec, VideoViewsSpec, source_artifact
from pipeline.sources.cache import cache_source
from pipeline.sources.lossy_flow import packed, source_rows, unpacked
from pipeline.sources.make import make_source
from pipeline.sources.specs import JpegFlow
from pipeline.telemetry.progress import Progress
from stores import Store, file_key

VIEWS = VideoViewsSpec(frames=3, stride=2, clips=2, crops=1, size=40, short_side=48, interpolation="bilinear")


def smooth(seed: int) -> np.ndarray:
    """A field that changes slowly, as flow does: uint8 (2, 3, 48, 64, 2)."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 48, 64), np.uint8)
    planes = [np.asarray(Image.fromarray(plane).filter(ImageFilter.GaussianBlur(4))) for plane in noise]
    return np.stack(planes).reshape(2, 3, 2, 48, 64).transpose(0, 1, 3, 4, 2)


def test_every_frame_is_within_the_bound_and_smooth_flow_takes_less() -> None:
    flow = smooth(1)
    blob = packed(flow, JpegFlow(quality=50, bound=0.6))
    back = unpacked(blob)
    errors = np.abs(back.astype(float) - flow).mean(axis=(2, 3, 4))
    assert back.shape == flow.shape and back.dtype == np.uint8 and errors.max() <= 0.6
    assert len(blob) < flow.size / 3
    loose = packed(flow, JpegFlow(quality=50, bound=50))
    assert len(loose) < len(blob) and np.abs(unpacked(loose).astype(float) - flow).mean(axis=(2, 3, 4)).max() > 0.6


def test_rest_stays_at_rest() -> None:
    still = np.full((1, 2, 16, 16, 2), 128, np.uint8)
    np.testing.assert_array_equal(unpacked(packed(still, JpegFlow())), still)


def test_quality_and_bound_name_the_artifact_and_its_absence_names_none() -> None:
    plain = source_artifact(FlowSpec(views=VIEWS))
    others = [source_artifact(FlowSpec(views=VIEWS, jpeg=JpegFlow(q, b))) for q, b in ((90, 1.0), (80, 1.0), (90, 2.0))]
    assert len({plain.fingerprint, *(each.fingerprint for each in others)}) == 4
    assert "jpeg" not in plain.fields["spec"] and plain.backend == "hdf5" and others[0].backend == "blob"


def test_it_is_stored_and_read_back_as_it_was_packed(tmp_path: Path) -> None:
    pytest.importorskip("cv2", reason="flow needs OpenCV: pip install -e '.[flow]'")
    path = tmp_path / "a.mp4"
    write_mp4(path, render_reversal(sample_reversal(np.random.default_rng(3), "sliding right")))
    (tmp_path / "b.mp4").write_bytes(b"no video")
    rows = [MediaRow(file_key(str(each)), str(each), ()) for each in (path, tmp_path / "b.mp4")]
    spec, store = FlowSpec(views=VIEWS, bound=5, jpeg=JpegFlow()), Store(tmp_path / "store")
    found = cache_source(store, spec, rows, progress=Progress.silent(), workers=0)
    assert (found.made, found.rejected) == (1, 1)
    exact = make_source(str(path), FlowSpec(views=VIEWS, bound=5))
    read = source_rows(store.artifact(source_artifact(spec)), [rows[0].key], "flow")
    np.testing.assert_array_equal(read[0], unpacked(packed(exact, JpegFlow())))
    assert np.abs(read[0].astype(float) - exact).mean(axis=(2, 3, 4)).max() <= 1.0
