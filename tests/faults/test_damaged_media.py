"""A thousand damaged files among a hundred good ones, through the caching stage: the good ones are cached, the bad ones
are listed with a reason, nothing crashes, hangs or grows.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
from damaged_media import NO_FILE, Sample, write_damaged, write_endless, write_good, write_large

from pipeline.caching.media import cache_media
from pipeline.caching.specs import media_features_spec
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import card
from pipeline.encoders.load import load_encoder
from pipeline.media.isolation import FileChanged, decode_media
from pipeline.telemetry.progress import Progress
from stores import Store, file_key, text_key

REASONS = {
    "empty file", "no audio stream", "no frames", "no samples", "no such file", "no video stream", "not a file",
    "not a video", "not an image", "not sound", "too large", "too long", "truncated",
}  # fmt: skip
WORKERS = 2


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Sample]:
    """All files, good and bad in no order."""
    folder = tmp_path_factory.mktemp("damaged")
    good = write_good(folder / "good", 100)
    piece = next(sample.path for sample in good if sample.path.suffix == ".ts")
    found = [
        *good,
        *write_damaged(folder / "bad", good, 1000),
        *write_endless(folder / "endless", piece),
        *write_large(folder / "large"),
    ]
    random.Random(0).shuffle(found)
    return found


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_a_path_that_is_no_file_any_more_stops_the_run_and_is_no_verdict(
    samples: list[Sample], modality: str, tmp_path: Path
) -> None:
    chosen = [sample for sample in samples if (sample.modality, sample.damage) == (modality, NO_FILE)]
    assert len(chosen) == 3  # a pipe, a device, a link that leads to itself
    encoder = card(f"miniature-{ {'image': 'clip', 'audio': 'clap', 'video': 'viclip'}[modality] }")
    for sample in chosen:
        rows = [MediaRow(text_key(sample.path.name), str(sample.path), ())]
        store = Store(tmp_path / sample.path.name)
        with pytest.raises(FileChanged, match="was there when the files were listed, and now: "):
            cache_media(store, encoder, rows, device="cpu", progress=Progress.silent(), workers=1)
        artifact = store.artifact(media_features_spec(encoder))
        assert (artifact.keys(), artifact.rejected()) == ([], [])


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_good_files_are_cached_and_bad_ones_listed(samples: list[Sample], modality: str, tmp_path: Path) -> None:
    chosen = {key_of(each): each for each in samples if each.modality == modality and each.damage != NO_FILE}
    rows = [MediaRow(key, str(sample.path), ()) for key, sample in chosen.items()]
    encoder, store = (
        card(f"miniature-{ {'image': 'clip', 'audio': 'clap', 'video': 'viclip'}[modality] }"),
        Store(tmp_path),
    )

    with peak_memory() as peak:
        summary = cache_media(store, encoder, rows, device="cpu", progress=Progress.silent(), workers=WORKERS)

    artifact = store.artifact(media_features_spec(encoder))
    stored, refused = set(artifact.keys()), {row.key: row for row in artifact.rejected()}
    assert (summary.encoded, summary.rejected) == (len(stored), len(refused))
    assert stored | set(refused) == set(chosen)
    assert Counter(row.reason for row in refused.values()).keys() <= REASONS
    assert [row.detail["path"] for key, row in refused.items()] == [str(chosen[key].path) for key in refused]
    assert {s.path.name for key, s in chosen.items() if s.must_fail and key in stored} == set()
    assert {s.path.name for key, s in chosen.items() if not s.damage} - {
        chosen[key].path.name for key in stored
    } == set()
    assert peak() < 1 << 30

    good = [(key, str(sample.path)) for key, sample in chosen.items() if not sample.damage]
    assert len(good) > 25
    alone = load_encoder(encoder, "cpu").media.full(np.stack([decode_media(path, encoder.media) for _, path in good]))
    vectors = artifact.arrays([key for key, _ in good])["vectors"]
    np.testing.assert_allclose(vectors, alone.numpy(), atol=4e-3, rtol=2e-3)

    again = cache_media(store, encoder, rows, device="cpu", progress=Progress.silent(), workers=WORKERS)
    assert (again.encoded, again.rejected) == (0, 0)


def test_every_kind_of_damage_is_there(samples: list[Sample]) -> None:
    counts = Counter((sample.modality, sample.damage) for sample in samples)
    kinds = "cut", "cut header", "flipped", "flipped header", "zeros", "empty", "zero block", "noise", "text", "huge"
    for modality in ("image", "audio", "video"):
        assert {
            kind for kind in (*kinds, "wrong suffix", "endless", "large", "") if not counts[modality, kind]
        } == set()
    assert sum(sample.damage != "" for sample in samples) == 1000 + 15 + 3


def key_of(sample: Sample) -> str:
    """The file's key; one that never ends has none, and no data set would give it one."""
    return text_key(sample.path.name) if sample.damage == "endless" else file_key(sample.path)


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """The largest resident size that one process of this one's descendants had while the block ran, bytes."""
    seen, end = [0], threading.Event()

    def watch() -> None:
        while not end.wait(0.02):
            for process in psutil.Process().children(recursive=True):
                try:
                    seen.append(process.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: max(seen)
    finally:
        end.set()
        watcher.join()
