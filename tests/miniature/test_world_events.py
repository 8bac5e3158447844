"""Clips with pictures and sound: their seconds are where they should be, and neither eyes nor ears alone can tell a match."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from pipeline.media import VideoSpec
from pipeline.media.audio import read_wave
from pipeline.media.video import decode_video
from pipeline.miniature.errors import MiniatureError
from pipeline.miniature.world.events import (
    EVENT_CLASSES,
    SECONDS,
    SIDE,
    SOUND_OF,
    render_pictures,
    render_wave,
    sample_clip,
    sample_pair,
    short_event,
)
from pipeline.miniature.world.events_files import write_events
from pipeline.sources import PRESETS
from pipeline.sources.spectrograms import fbank_segments, segments

SIZES = {"train": 8, "val": 1, "test": 1}
FRAMES = VideoSpec(frames=SECONDS, size=SIDE)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_events(tmp_path_factory.mktemp("events") / "world", 3, SIZES)


def clip_of(place: int, number: int):  # type: ignore[no-untyped-def]
    """What the writer has drawn for a clip: scenes, sounds and labels, pictures and wave."""
    rng = np.random.default_rng([3, 7005, place, number])
    clip = sample_clip(rng)
    return clip, render_pictures(clip, rng), render_wave(clip, rng)


@pytest.mark.parametrize("name", ["train000002", "val000000", "test000000"])
def test_frame_and_spectrogram_t_are_of_second_t(root: Path, name: str) -> None:
    path = str(root / "AVE" / f"{name}.mp4")
    clip, pictures, wave = clip_of(["tr", "va", "te"].index(name[:2]), int(name[-6:]))
    seen = decode_video(path, FRAMES).astype(float)
    drawn = pictures.reshape(SECONDS, -1, SIDE, SIDE, 3)[:, 0].astype(float)
    distance = np.abs(seen[:, None] - drawn).mean(axis=(2, 3, 4))
    assert distance.argmin(axis=1).tolist() == list(range(SECONDS)) and distance.diagonal().max() < 12
    for preset in ("copl-miniature", "copl-miniature-hts-at"):
        spec = PRESETS[preset]
        heard = fbank_segments(path, spec)  # type: ignore[arg-type]
        assert heard.shape == spec.shape
    pieces = segments(read_wave(path, 16_000), spec)  # type: ignore[arg-type]
    starts = np.linspace(0, len(read_wave(path, 16_000)) - 16_000 * 1.1, SECONDS) / 16_000
    assert np.abs(starts - np.arange(SECONDS)).max() < 0.1
    for second, piece in enumerate(pieces):
        shared = [_alike(piece, wave[16_000 * k : 16_000 * (k + 1)]) for k in range(SECONDS)]
        assert int(np.argmax(shared)) == second and shared[second] > 0.9


def _alike(one: np.ndarray, other: np.ndarray) -> float:
    """The largest correlation of two waves, one of which may begin a tenth of a second earlier."""
    spectrum = np.fft.rfft(one, 32_768) * np.conj(np.fft.rfft(other, 32_768))
    lags = np.fft.irfft(spectrum)[:1600]
    return float(lags.max() / (np.linalg.norm(one) * np.linalg.norm(other)))


def test_labels_say_where_shape_and_sound_belong_together(root: Path) -> None:
    with h5py.File(root / "labels.h5") as file:
        one_hot = file["avadataset"][()]
    assert one_hot.shape == (10, SECONDS, len(EVENT_CLASSES) + 1) and (one_hot.sum(axis=2) == 1).all()
    for row, (place, number) in enumerate([*((0, k) for k in range(8)), (1, 0), (2, 0)]):
        clip, _, _ = clip_of(place, number)
        for second, (scene, event) in enumerate(zip(clip.scenes, clip.sounds, strict=True)):
            (shape,) = scene.labels
            match = SOUND_OF[shape] == event.label
            expected = EVENT_CLASSES.index(f"{shape} with {event.label}") if match else len(EVENT_CLASSES)
            assert one_hot[row, second].argmax() == expected == clip.labels[second]


def test_a_shape_or_a_sound_alone_is_background_as_often_as_not() -> None:
    rng = np.random.default_rng(0)
    pairs = np.array([sample_pair(rng) for _ in range(40_000)])
    match = pairs[:, 0] == pairs[:, 1]
    for seen in pairs.T:
        for value in range(8):
            of = match[seen == value]
            assert abs(of.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(of))
    counts = np.zeros((8, 8))
    np.add.at(counts, tuple(pairs.T), 1)
    other = counts[~np.eye(8, dtype=bool)]
    assert abs(other - 40_000 / 2 / 56).max() < 5 * np.sqrt(40_000 / 2 / 56)  # any other sound, each as often


def test_seconds_of_a_clip_know_nothing_of_each_other() -> None:
    labels = np.array([sample_clip(np.random.default_rng([9, n])).labels for n in range(600)])
    quiet = labels == len(EVENT_CLASSES)
    follows = quiet[:, 1:][quiet[:, :-1]]
    assert abs(follows.mean() - 0.5) < 4 * 0.5 / np.sqrt(follows.size)
    assert abs(quiet.mean(axis=0) - 0.5).max() < 4 * 0.5 / np.sqrt(600)  # whatever the second


def test_a_sound_ends_before_the_spectrogram_of_the_next_second_begins() -> None:
    rng = np.random.default_rng(1)
    for sound in SOUND_OF.values():
        for _ in range(50):
            event = short_event(rng, sound)
            assert event.start_s > 0 and event.start_s + event.length_s <= 0.9 + 1e-9 and not event.distant


def test_the_layout_is_that_of_ave(root: Path) -> None:
    lines = (root / "Annotations.txt").read_text().splitlines()
    assert lines[0] == "Category&VideoID&Quality&StartTime&EndTime" and len(lines) == 11
    assert [line.split("&")[0] for line in lines[1:9]] == list(EVENT_CLASSES)
    rows = [line.split("&") for line in lines[1:]]
    names = [row[1] for row in rows]
    assert names == [f"train{number:06d}" for number in range(8)] + ["val000000", "test000000"]
    assert sorted(path.name for path in (root / "AVE").iterdir()) == sorted(f"{name}.mp4" for name in names)
    with h5py.File(root / "test_order.h5") as file:
        assert file["order"][()].tolist() == [9]
    assert (root / "testSet.txt").read_text() == lines[10] + "\n"


def test_a_clip_depends_on_seed_split_and_number_alone(root: Path, tmp_path: Path) -> None:
    more = write_events(tmp_path / "more", 3, {"train": 9, "val": 2, "test": 1})
    for name in ("train000007", "val000000", "test000000"):
        assert (more / "AVE" / f"{name}.mp4").read_bytes() == (root / "AVE" / f"{name}.mp4").read_bytes()
    other = write_events(tmp_path / "other", 4, SIZES)
    assert (other / "AVE/val000000.mp4").read_bytes() != (root / "AVE/val000000.mp4").read_bytes()
    with pytest.raises(MiniatureError, match="Name a new folder"):
        write_events(root, 5, SIZES)
