import subprocess
import sys
import time

import numpy as np
import pytest

from pipeline.caching import media as caching_media
from pipeline.caching.media import cache_media
from pipeline.caching.specs import media_features_spec
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.load import load_encoder
from pipeline.media.isolation import decode_media
from pipeline.telemetry.progress import Progress
from stores import Store, file_key

SILENT = Progress.silent()


def run(store, card, rows, **options):
    options = {"workers": 0, **options}
    return cache_media(store, card, rows, device="cpu", progress=SILENT, **options)


def bytes_of(store):
    return {path.relative_to(store): path.read_bytes() for path in store.rglob("*") if path.is_file()}


def expected(card, rows):
    media = np.stack([decode_media(row.path, card.media) for row in rows])
    return load_encoder(card, "cpu").media.full(media).numpy()


@pytest.mark.parametrize("workers", [0, 1, 2])
def test_images(store, cards, images, workers):
    rows = images(11)
    summary = run(store, cards["clip"], rows, workers=workers, shard_rows=4, batch_size=3)
    assert (summary.wanted, summary.encoded, summary.rejected) == (11, 11, 0)
    artifact = store.artifact(media_features_spec(cards["clip"]))
    assert artifact.keys() == [row.key for row in rows]
    vectors = artifact.arrays([row.key for row in rows])["vectors"]
    assert vectors.dtype == np.float16
    np.testing.assert_allclose(vectors, expected(cards["clip"], rows), atol=4e-3, rtol=2e-3)


def test_sounds(store, cards, sounds):
    rows = sounds(4)
    assert run(store, cards["clap"], rows).encoded == 4
    vectors = store.artifact(media_features_spec(cards["clap"])).arrays([row.key for row in rows])["vectors"]
    np.testing.assert_allclose(vectors, expected(cards["clap"], rows), atol=4e-3, rtol=2e-3)


def test_real_media_of_every_kind(store, cards, shared):
    """Also with files of the wrong kind, as a folder of downloads has them."""
    paths = sorted(path for path in shared.rglob("*") if path.is_file())
    rows = [MediaRow(file_key(path), str(path), ()) for path in paths]
    counts = {}
    for family, card in cards.items():
        summary = run(store, card, rows, workers=2, batch_size=8)
        artifact = store.artifact(media_features_spec(card))
        assert (artifact.arrays(artifact.keys())["vectors"] ** 2).sum(1).min() > 0
        reasons = {row.detail["path"].rsplit(".")[-1]: row.reason for row in artifact.rejected()}
        counts[family] = (summary.encoded, summary.rejected, reasons)
    images = sum(path.suffix in (".png", ".JPEG") for path in paths)
    assert counts["clip"] == (images, 3, {"mp4": "not an image", "wav": "not an image"})
    assert counts["viclip"] == (2, images + 1, {"png": "not a video", "JPEG": "not a video", "wav": "no video stream"})
    assert counts["clap"][0] == 3


def test_bad_files_are_rejected_rows_and_are_not_tried_again(store, cards, images, monkeypatch):
    rows = images(9, bad={2, 5, 8})
    summary = run(store, cards["clip"], rows, shard_rows=4, batch_size=2)
    assert (summary.wanted, summary.encoded, summary.rejected) == (9, 6, 3)
    artifact = store.artifact(media_features_spec(cards["clip"]))
    assert artifact.keys() == [rows[index].key for index in (0, 1, 3, 4, 6, 7)]
    assert [(row.key, row.reason, row.attempts, dict(row.detail)) for row in artifact.rejected()] == [
        (rows[index].key, "truncated", 1, {"path": rows[index].path}) for index in (2, 5, 8)
    ]
    vectors = artifact.arrays(artifact.keys())["vectors"]
    good = [row for index, row in enumerate(rows) if index not in (2, 5, 8)]
    np.testing.assert_allclose(vectors, expected(cards["clip"], good), atol=4e-3, rtol=2e-3)

    monkeypatch.setattr(caching_media, "load_encoder", None)
    assert run(store, cards["clip"], rows).encoded == 0


def test_rejected_files_can_be_retried(store, cards, images):
    rows = images(4, bad={1})
    run(store, cards["clip"], rows)
    summary = run(store, cards["clip"], rows, retry_rejected=True)
    assert (summary.encoded, summary.rejected) == (0, 1)
    (rejection,) = store.artifact(media_features_spec(cards["clip"])).rejected()
    assert rejection.attempts == 2


def test_a_shard_of_bad_files_only(store, cards, images):
    rows = images(5, bad={0, 1, 2, 3, 4})
    summary = run(store, cards["clip"], rows, shard_rows=2)
    assert (summary.encoded, summary.rejected) == (0, 5)
    assert store.artifact(media_features_spec(cards["clip"])).missing([row.key for row in rows]) == []


def test_the_detail_of_a_reason_is_kept_apart(store, cards, tmp_path):
    path = tmp_path / "x.mp4"
    path.write_bytes(b"no video at all" * 10)
    run(store, cards["viclip"], [MediaRow(file_key(path), str(path), ())])
    (rejection,) = store.artifact(media_features_spec(cards["viclip"])).rejected()
    assert rejection.reason == "not a video"
    assert dict(rejection.detail) == {
        "path": str(path), "error": "Invalid data found when processing input (InvalidDataError)",
    }  # fmt: skip


def test_equal_files_are_one_row(store, cards, images, tmp_path):
    rows = images(2)
    copy = tmp_path / "copy.png"
    copy.write_bytes((tmp_path / "0.png").read_bytes())
    summary = run(store, cards["clip"], [*rows, MediaRow(file_key(copy), str(copy), ("y",))])
    assert (summary.wanted, summary.encoded) == (2, 2)


def test_two_new_files_encode_two(store, cards, images):
    rows = images(6)
    run(store, cards["clip"], rows)
    new = images(2, start=6)
    summary = run(store, cards["clip"], [new[0], *rows, new[1]])
    assert (summary.wanted, summary.encoded) == (8, 2)
    assert store.artifact(media_features_spec(cards["clip"])).keys()[-2:] == [row.key for row in new]


def test_an_interrupted_run_ends_in_the_same_bytes(tmp_path, cards, images):
    rows = images(13, bad={1, 6, 12})
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    run(Store(whole), cards["clip"], rows, shard_rows=4, batch_size=3, workers=2)
    # A run over the first shards only is what a kill leaves: shards are published whole and in order.
    run(Store(broken), cards["clip"], rows[:8], shard_rows=4, batch_size=3)
    run(Store(broken), cards["clip"], rows, shard_rows=4, batch_size=3)
    assert bytes_of(broken) == bytes_of(whole)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_killed_run_ends_in_the_same_bytes(tmp_path, cards, images, workers):
    rows = images(60, bad={3, 30})
    card = cards["clip"]
    options = {"workers": workers, "shard_rows": 3, "batch_size": 2}
    script = tmp_path / "main.py"
    script.write_text(f"""
from pipeline.caching.media import cache_media
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import card
from pipeline.telemetry.progress import Progress
from stores import Store

if __name__ == "__main__":
    rows = [MediaRow(*row) for row in {[(row.key, row.path, row.labels) for row in rows]!r}]
    cache_media(Store({str(tmp_path / "broken")!r}), card({card.name!r}), rows, device="cpu",
                progress=Progress.silent(), **{options!r})
""")
    broken = Store(tmp_path / "broken").artifact(media_features_spec(card))
    process = subprocess.Popen([sys.executable, str(script)])
    end = time.monotonic() + 120
    while not (broken.exists and len(broken.keys()) > 5) and time.monotonic() < end:
        time.sleep(0.002)
    process.kill()
    process.wait()
    assert 5 < len(broken.keys()) < 58
    run(Store(tmp_path / "broken"), card, rows, **options)
    run(Store(tmp_path / "whole"), card, rows, **options)
    assert bytes_of(broken.path) == bytes_of(tmp_path / "whole" / broken.path.relative_to(tmp_path / "broken"))
    assert [row.key for row in broken.rejected()] == [rows[3].key, rows[30].key]


@pytest.mark.parametrize(("cut", "dtype"), [("pixels", "uint8"), ("block01", "float32")])
def test_rows_of_a_lower_cut_go_on_to_the_same_output(store, cards, images, cut, dtype):
    rows = images(5)
    run(store, cards["clip"], rows, cut=cut, dtype="float32")
    acts = store.artifact(media_features_spec(cards["clip"], cut, "float32")).arrays([row.key for row in rows])
    assert acts["activations"].dtype == dtype
    out = load_encoder(cards["clip"], "cpu").media.upper(acts, cut)
    np.testing.assert_allclose(out.numpy(), expected(cards["clip"], rows), atol=1e-6)
