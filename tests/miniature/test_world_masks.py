"""Clips in which one of two shapes sounds: equal areas, twins, and a bound for whoever does not hear that no answer can pass."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.media import VideoSpec
from pipeline.media.audio import read_wave
from pipeline.media.mask_spec import MaskSpec
from pipeline.media.masks import decode_mask
from pipeline.media.video import decode_video
from pipeline.miniature.errors import MiniatureError
from pipeline.miniature.world.events import SIDE, SOUND_OF, short_event
from pipeline.miniature.world.masks import MASK_PAIRS, MASK_SECONDS, draw_pictures, draw_sounding, render_heard
from pipeline.miniature.world.masks_files import write_masks
from pipeline.sources.segments import picture_of_sound
from pipeline.sources.spectrograms import fbank_segments, segments

SIZES = {"train": 4, "val": 2, "test": 3}


@pytest.fixture(scope="module")
def drawn():  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(11)
    return [draw_pictures(rng) for _ in range(40)]


def iou(answer: np.ndarray, mask: np.ndarray) -> float:
    return float((answer & mask).sum() / (answer | mask).sum())


def test_both_shapes_have_the_same_number_of_pixels_and_lie_apart(drawn) -> None:  # type: ignore[no-untyped-def]
    """Equal to the pixel, which is closer than the few pixels that were asked for; three pixels of ground lie between."""
    for pair in (pair for pictures in drawn for pair in pictures.pairs):
        first, second = (int(mask.sum()) for mask in pair.masks)
        assert first == second and 220 <= first <= 300
        one, other = (np.argwhere(cover > 0) for cover in pair.covers)
        assert np.abs(one[:, None] - other[None]).max(axis=2).min() > 3
        # What is called the shape is what is seen of it: pixels of which it covers more than half, but for some of its edge.
        assert ((pair.covers > 0.5) ^ pair.masks).sum(axis=(1, 2)).max() <= 16
        assert pair.covers[pair.masks].min() > 0.2 and pair.covers[~pair.masks].max() < 0.8


def test_shapes_are_painted_where_their_masks_are_and_differ_from_the_ground(drawn) -> None:  # type: ignore[no-untyped-def]
    far = []
    for pictures in drawn:
        for pair, frame in zip(pictures.pairs, pictures.frames, strict=True):
            inside = [np.median(frame[cover == 1], axis=0) for cover in pair.covers]
            ground = np.median(frame[pair.covers.max(axis=0) == 0].astype(float), axis=0)
            far.append([np.abs(colour - ground).max() for colour in inside])
    assert np.median(far) > 90 and np.mean(np.array(far) > 25) > 0.97


def test_no_answer_that_does_not_hear_passes_one_half(drawn) -> None:  # type: ignore[no-untyped-def]
    """The best mask without sound: one shape (1 and 0, by which sounds), or both (1/2 always); nothing else, whatever is tried.

    On a clip and its twin the mean of every answer is at most 1/2, so it is on every even number of clips, not on average alone.
    """
    rng = np.random.default_rng(0)
    best = 0.0
    for pictures in drawn[:12]:
        for pair in pictures.pairs:
            a, b = pair.masks
            nothing = np.zeros_like(a)
            tried = {"both": a | b, "one": a, "other": b, "none": nothing, "all": ~nothing}
            for x, y in product((0.3, 0.7, 1.0), repeat=2):
                tried[f"{x} {y}"] = (a & (rng.random(a.shape) < x)) | (b & (rng.random(a.shape) < y))
            reached = {name: (iou(answer, a) + iou(answer, b)) / 2 for name, answer in tried.items()}
            assert reached["both"] == reached["one"] == reached["other"] == 0.5
            assert max(reached.values()) == 0.5
            best = max(
                best, *(value for name, value in reached.items() if name not in ("both", "one", "other", "1.0 1.0"))
            )
            assert iou(a | b, a) == iou(a | b, b) == 0.5
    assert 0.4 < best <= 0.5


def test_one_at_random_reaches_one_half_in_the_mean_and_the_oracle_that_hears_one(drawn) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(5)
    guessed, heard = [], []
    for pictures in drawn:
        for _ in range(20):
            sounding = draw_sounding(rng)
            truth = pictures.masks(sounding) > 0
            guess = pictures.masks(draw_sounding(rng)) > 0
            guessed += [iou(one, true) for one, true in zip(guess, truth, strict=True)]
            heard += [iou(one, true) for one, true in zip(pictures.masks(sounding) > 0, truth, strict=True)]
    assert abs(np.mean(guessed) - 0.5) < 3 * 0.5 / np.sqrt(len(guessed))
    assert np.mean(heard) == 1


def test_every_shape_and_every_pair_is_drawn_and_which_sounds_is_even(drawn) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(2)
    more = [pictures.category for pictures in drawn]
    assert len(MASK_PAIRS) == 28 and set(more) <= set(MASK_PAIRS) and len(set(more)) > 12
    sounding = np.concatenate([draw_sounding(rng) for _ in range(400)])
    assert abs(sounding.mean() - 0.5) < 3 * 0.5 / np.sqrt(len(sounding))


def test_a_second_plays_the_sound_of_its_shape() -> None:
    """The sound of each second is most like that of the shape that is said to sound, told by its spectrum."""
    rng = np.random.default_rng(4)
    shapes, right, seconds = ("circle", "square"), 0, 0
    kinds = {name: _spectra(name, rng) for name in shapes}
    for _ in range(8):
        sounding = draw_sounding(rng)
        wave = render_heard(shapes, sounding, rng)
        assert wave.shape == (MASK_SECONDS * 16_000,) and np.abs(wave).max() <= 1
        for second, which in enumerate(sounding):
            spectrum = _spectrum(wave[second * 16_000 : (second + 1) * 16_000])
            alike = [max(float(spectrum @ known) for known in kinds[name]) for name in shapes]
            right, seconds = right + (int(np.argmax(alike)) == which), seconds + 1
    assert right / seconds > 0.85


def _spectra(shape: str, rng: np.random.Generator) -> list[np.ndarray]:
    from pipeline.miniature.world.sounds import render_events

    return [_spectrum(render_events(np.zeros(16_000), [short_event(rng, SOUND_OF[shape])], rng)) for _ in range(30)]


def _spectrum(wave: np.ndarray) -> np.ndarray:
    bands = np.log(np.abs(np.fft.rfft(wave)).reshape(-1)[:8000].reshape(100, 80).mean(axis=1) + 0.3)
    bands = bands - bands.mean()
    return np.asarray(bands / np.linalg.norm(bands))


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("masks")
    return {form: write_masks(folder / form, 3, SIZES, form) for form in ("s4", "ms3")}  # type: ignore[arg-type]


def test_twins_share_their_pictures_and_what_sounds_is_the_other(roots: dict[str, Path]) -> None:
    data = roots["ms3"] / "Multi-sources/ms3_data"
    for second in range(1, MASK_SECONDS + 1):
        frames = [(data / f"visual_frames/test00000{k}/test00000{k}.mp4_{second}.png").read_bytes() for k in (0, 1)]
        masks = [_mask(data / f"gt_masks/test/test00000{k}/test00000{k}_{second}.png") for k in (0, 1)]
        assert frames[0] == frames[1]
        assert not (masks[0] & masks[1]).any() and masks[0].sum() == masks[1].sum() > 0
    third = (data / "visual_frames/test000002/test000002.mp4_1.png").read_bytes()
    assert third != (data / "visual_frames/test000000/test000000.mp4_1.png").read_bytes()


def _mask(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image) > 0


def test_both_published_forms_hold_the_same_clips(roots: dict[str, Path]) -> None:
    single, several = roots["s4"] / "Single-source", roots["ms3"] / "Multi-sources"
    rows = [line.split(",") for line in (single / "s4_meta_data.csv").read_text().splitlines()]
    assert rows[0] == ["name", "start", "category", "split"]
    assert [row[3] for row in rows[1:]] == ["train"] * 4 + ["val"] * 2 + ["test"] * 3
    assert (several / "ms3_meta_data.csv").read_text().splitlines()[:2] == ["name,split", "train000000,train"]
    for name, _, category, split in rows[1:]:
        place = f"{split}/{category}"
        masks = sorted((single / "s4_data/gt_masks" / place / name).iterdir())
        assert [path.name for path in masks] == [f"{name}_{k}.png" for k in range(1, 2 if split == "train" else 6)]
        for path in masks:
            other = several / "ms3_data/gt_masks" / split / name / path.name
            with Image.open(path) as one, Image.open(other) as two:
                assert (one.mode, two.mode, one.size) == ("L", "P", (SIDE, SIDE))
                assert (np.asarray(one) == np.asarray(two)).all() and set(np.unique(np.asarray(one))) == {0, 255}
        sounds = (
            single / "s4_data/audio_wav" / place / f"{name}.wav",
            several / "ms3_data/audio_wav" / split / f"{name}.wav",
        )
        assert sounds[0].read_bytes() == sounds[1].read_bytes()


def test_what_is_read_of_the_files_is_what_was_drawn_second_by_second(roots: dict[str, Path]) -> None:
    """Frames and masks are lossless, and the spectrogram of a second holds its sound and no other."""
    shared = np.random.default_rng([3, 7006, 1, 0])
    pictures, sounding = draw_pictures(shared), draw_sounding(shared)
    data = roots["ms3"] / "Multi-sources/ms3_data"
    frames = decode_video(str(data / "visual_frames/val000000"), VideoSpec(frames=5, size=SIDE))
    assert (frames == pictures.frames).all()
    for number, mask in enumerate(pictures.masks(sounding), 1):
        path = data / f"gt_masks/val/val000000/val000000_{number}.png"
        assert (decode_mask(str(path), MaskSpec(SIDE)) * 255 == mask).all()
    wave = read_wave(str(data / "audio_wav/val/val000000.wav"), 16_000)
    assert len(wave) == 80_000
    spec = picture_of_sound(SIDE, MASK_SECONDS)
    assert fbank_segments(str(data / "audio_wav/val/val000000.wav"), spec).shape == (5, SIDE, SIDE)
    starts = np.linspace(0, len(wave) - 16_000 * (1 + spec.margin_s), MASK_SECONDS) / 16_000
    early = np.arange(MASK_SECONDS) - starts
    assert early.min() >= 0 and early.max() <= 0.1 + 1e-9  # a sound ends before nine tenths of its second
    for begins, piece in zip(starts, segments(wave, spec), strict=True):
        assert np.array_equal(piece, wave[int(begins * 16_000) :][: len(piece)])


def test_a_file_depends_on_seed_split_and_number_alone(roots: dict[str, Path], tmp_path: Path) -> None:
    more = write_masks(tmp_path / "more", 3, {"train": 2, "val": 4, "test": 2}, "ms3")
    data = "Multi-sources/ms3_data"
    for path in (f"{data}/audio_wav/val/val000001.wav", f"{data}/gt_masks/val/val000001/val000001_3.png"):
        assert (more / path).read_bytes() == (roots["ms3"] / path).read_bytes()
    other = write_masks(tmp_path / "other", 4, {"train": 2, "val": 4, "test": 2}, "ms3")
    assert (other / path).read_bytes() != (more / path).read_bytes()
    with pytest.raises(MiniatureError, match="holds masks, ms3 of seed 3"):
        write_masks(tmp_path / "more", 3, {"train": 2, "val": 4, "test": 2}, "s4")
