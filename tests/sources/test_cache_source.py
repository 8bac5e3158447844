import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
import soundfile
from damaged_media import write_damaged, write_good
from PIL import Image

from pipeline.datasets.rows import MediaRow
from pipeline.media import AudioSpec, ImageSpec, VideoSpec
from pipeline.media.mask_spec import MaskSpec
from pipeline.sources import (
    PRESETS,
    ClapMelSpec,
    FbankSpec,
    FlowSpec,
    ImageViewsSpec,
    TvL1,
    VideoViewsSpec,
    source_artifact,
)
from pipeline.sources.cache import cache_source, shard_rows, time_limit
from pipeline.sources.make import make_source
from pipeline.sources.specs import source_name
from pipeline.telemetry.progress import Progress
from stores import Store

CLIPS = VideoViewsSpec(frames=3, stride=2, clips=2, crops=3, size=32, short_side=36)
SMALL = {
    "image": ImageSpec(32),
    "audio": AudioSpec(8000, 0.5),
    "video": VideoSpec(4, 32),
    "image_views": ImageViewsSpec(size=24, short_side=30),
    "video_views": CLIPS,
    "flow": FlowSpec(replace(CLIPS, clips=1), TvL1(scales=2, warps=1, outer=1)),
    "fbank": FbankSpec(bins=64, frames=60, segments=2, segment_s=0.3),
    "clap_mel": ClapMelSpec(16_000, 0.5, 512, 160, 32, 50.0, 8000.0),
    "mask": MaskSpec(24),
}
MODALITY = dict(
    zip(SMALL, ("image", "audio", "video", "image", "video", "video", "audio", "audio", "image"), strict=True)
)


def run(store, spec, rows, **options):
    return cache_source(store, spec, rows, progress=Progress.silent(), **{"workers": 0, **options})


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def media(tmp_path_factory):
    """Good files and damaged ones of every kind."""
    folder = tmp_path_factory.mktemp("media")
    good = write_good(folder / "good", 32, seed=5)
    return [*good, *write_damaged(folder / "bad", good, 250, seed=5)]


def require_opencv(name):
    if name == "flow":
        pytest.importorskip("cv2", reason="OpenCV is the extra 'flow'")


@pytest.mark.parametrize("name", SMALL)
def test_good_files_are_stored_as_they_are_made_and_bad_ones_listed(store, row, media, name):
    require_opencv(name)
    spec = SMALL[name]
    chosen = {row(sample.path).key: sample for sample in media if sample.modality == MODALITY[name]}
    rows = [MediaRow(key, str(sample.path), ()) for key, sample in chosen.items()]
    summary = run(store, spec, rows, workers=2)
    artifact = store.artifact(source_artifact(spec))
    stored, refused = artifact.keys(), {rejection.key: rejection for rejection in artifact.rejected()}
    assert summary.wanted == len(rows) and (summary.made, summary.rejected) == (len(stored), len(refused))
    assert {*stored, *refused} == set(chosen) and summary.fingerprint == artifact.spec.fingerprint
    assert not [chosen[key].path for key in stored if chosen[key].must_fail]
    assert not [s.path for key, s in chosen.items() if not s.damage and key not in stored]
    assert not [r for r in refused.values() if r.reason.startswith(("decoder", "timeout"))]
    good = [key for key in stored if not chosen[key].damage]
    (array,) = artifact.arrays(good).values()
    assert array.dtype == ("uint8" if MODALITY[name] != "audio" else "float16")
    wanted = np.stack([make_source(str(chosen[key].path), spec) for key in good])
    assert wanted.shape[1:] == spec.shape
    np.testing.assert_array_equal(array, wanted.astype(array.dtype))
    assert run(store, spec, rows).made == 0


def test_a_run_that_was_killed_ends_in_the_same_bytes(tmp_path, row, monkeypatch):
    monkeypatch.setattr("pipeline.sources.cache._SHARD_BYTES", 3 * 5 * 24 * 24 * 3)
    rows = []
    for index in range(10):
        path = tmp_path / f"{index}.png"
        Image.fromarray(np.random.default_rng(index).integers(0, 256, (40, 50, 3), np.uint8)).save(path)
        if index in (2, 9):
            path.write_bytes(path.read_bytes()[:300])
        rows.append(row(path))
    spec, whole, broken = SMALL["image_views"], Store(tmp_path / "whole"), Store(tmp_path / "broken")
    assert shard_rows(spec) == 3
    run(whole, spec, rows, workers=2)
    # A run over the first shards only is what a kill leaves: shards are published whole and in order.
    run(broken, spec, rows[:6])
    summary = run(broken, spec, [*rows, *rows])
    assert (summary.wanted, summary.made, summary.rejected) == (10, 3, 1)
    assert contents(tmp_path / "whole" / "sources") == contents(tmp_path / "broken" / "sources")
    assert run(broken, spec, rows, retry_rejected=True).rejected == 2


def test_the_array_is_named_for_the_source_and_keeps_the_type_asked_for(store, row, tmp_path):
    soundfile.write(tmp_path / "x.wav", np.random.default_rng(0).normal(0, 0.1, 16_000), 16_000)
    run(store, FbankSpec(), [row(tmp_path / "x.wav")], dtype="float32")
    artifact = store.artifact(source_artifact(FbankSpec(), "float32"))
    (name, array), *rest = artifact.arrays(artifact.keys()).items()
    assert name == "fbank" and array.dtype == np.float32 and not rest
    np.testing.assert_array_equal(array[0], make_source(str(tmp_path / "x.wav"), FbankSpec()))


def other(value):
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case None:
            return 1.0
        case str():
            others = {"bicubic": "bilinear", "strided": "uniform", "hanning": "hamming", "squash": "shortest_edge"}
            others |= {"centre": "mean", "exact": "librosa", "last": "first", "stored": "shown", "nonzero": "half"}
            return {**others, "bilinear": "bicubic", "middle": "stride", "shortest_edge": "squash"}[value]
        case _:
            first = fields(value)[0].name
            return replace(value, **{first: other(getattr(value, first))})


@pytest.mark.parametrize("name", [*SMALL, "tv-l1"])
def test_every_field_changes_the_fingerprint(name):
    spec = TvL1() if name == "tv-l1" else SMALL[name]
    variants = [spec, *[replace(spec, **{field.name: other(getattr(spec, field.name))}) for field in fields(spec)]]
    if name == "tv-l1":
        variants = [FlowSpec(tv_l1=variant) for variant in variants]
    prints = {source_artifact(variant).fingerprint for variant in variants}
    assert len(prints) == len(variants)


def test_kinds_differ_though_their_fields_do_not_and_bytes_have_one_type():
    assert len({source_artifact(spec).fingerprint for spec in PRESETS.values()}) == len(PRESETS)
    assert source_artifact(FbankSpec(), "float16") != source_artifact(FbankSpec(), "float32")
    assert source_artifact(CLIPS, "float16") == source_artifact(CLIPS, "float32")
    assert [source_name(spec) for spec in SMALL.values()] == list(SMALL)


def test_shards_and_time_follow_from_the_size_of_a_row():
    assert PRESETS["video-views"].shape == (12, 16, 224, 224, 3)
    assert shard_rows(PRESETS["video-views"]) == 4  # of 29 MB
    assert shard_rows(FbankSpec()) == 256
    assert shard_rows(VideoViewsSpec(frames=400)) == 1
    assert time_limit(CLIPS) == 30 and time_limit(FlowSpec()) == 30 + 30 * 64


def test_specs_cost_nothing_to_import():
    script = """
import sys
import pipeline.sources
assert not {"torch", "av", "PIL", "soundfile", "cv2", "scipy", "h5py"} & set(sys.modules)
import pipeline.sources.cache
assert not {"torch", "cv2", "transformers", "open_clip"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
