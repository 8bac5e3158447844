"""Crops and masks of stored spectrograms, against torchaudio's masks given the same random numbers."""

import numpy as np
import pytest
import torch
import torchaudio

from pipeline.sources import PRESETS
from pipeline.sources.errors import SourceError
from pipeline.sources.sound_views import SoundViews, even_crops, masked, training_view
from pipeline.sources.spectrograms import fbank_segments

SPEC = PRESETS["mov-audio"]
WHOLE = SoundViews(frames=1000)


def spectrogram(frames=1000, seed=0):
    return np.random.default_rng(seed).normal(3, 1, (frames, 128)).astype(np.float16)


class Given:
    """Random numbers that are known."""

    def __init__(self, seed):
        self.numbers = np.random.default_rng(seed).random(4, dtype=np.float32).tolist()

    def random(self):
        return self.numbers.pop(0)


@pytest.mark.parametrize("seed", range(20))
def test_masks_are_torchaudio_s(seed, monkeypatch):
    drawn = Given(seed).numbers
    monkeypatch.setattr(torch, "rand", lambda *shape, **more: torch.tensor([drawn.pop(0)]))
    picture = torch.from_numpy(spectrogram().astype(np.float32)).T[None].clone()  # (1, bins, frames)
    theirs = torchaudio.transforms.TimeMasking(192)(torchaudio.transforms.FrequencyMasking(48)(picture))[0].T
    ours = spectrogram().astype(np.float32)
    masked(ours, Given(seed), WHOLE, 0.0)
    np.testing.assert_array_equal(ours, theirs.numpy())


def covered(found, value):
    """Masked bins and frames of a view, by their cells."""
    cells = found == np.float32(value)
    return np.flatnonzero(cells.all(0)), np.flatnonzero(cells.all(1))


def test_a_view_is_a_crop_with_one_mask_of_bins_and_one_of_frames():
    stored = spectrogram()
    for epoch in range(1, 20):
        found = training_view(stored, "key", epoch, SoundViews(), SPEC)
        bins, frames = covered(found, 0.0)
        assert found.shape == (800, 128) and found.dtype == np.float32
        assert len(bins) < 48 and len(frames) < 192
        for run in (bins, frames):
            assert np.array_equal(run, np.arange(len(run)) + (run[0] if len(run) else 0))
        left = np.ix_(np.setdiff1d(np.arange(800), frames), np.setdiff1d(np.arange(128), bins))
        starts = [
            start
            for start in range(201)
            if np.array_equal(stored[start : start + 800].astype(np.float32)[left], found[left])
        ]
        assert len(starts) == 1


def test_masks_of_ast_are_what_normalising_makes_of_zero_and_lie_on_all_frames():
    """The same as masking what was not normalised yet, and then normalising and cropping it."""
    raw = np.random.default_rng(1).normal(-6, 3, (1000, 128))
    stored, views = (raw - SPEC.mean) / SPEC.scale, SoundViews(mask="first")
    for epoch in range(1, 10):
        found = training_view(stored, "key", epoch, views, SPEC)
        spoilt = raw.copy()
        where = training_view(np.zeros_like(stored), "key", epoch, views, SPEC)
        start = next(s for s in range(201) if np.isclose(found, stored[s : s + 800], atol=1e-5).mean() > 0.4)
        spoilt[start : start + 800][where != 0] = 0
        wanted = ((spoilt - SPEC.mean) / SPEC.scale)[start : start + 800]
        np.testing.assert_allclose(found, wanted, atol=1e-6)
        assert set(np.unique(where)) <= {np.float32(0), np.float32(5.081 / 4.4849)}


def test_what_is_random_follows_from_seed_epoch_and_key():
    stored = spectrogram()
    views = [
        training_view(stored, key, epoch, SoundViews(seed=seed), SPEC)
        for seed, epoch, key in ((0, 1, "a"), (0, 1, "a"), (0, 2, "a"), (0, 1, "b"), (1, 1, "a"))
    ]
    assert np.array_equal(views[0], views[1])
    assert all(not np.array_equal(views[0], other) for other in views[2:])
    assert np.array_equal(stored, spectrogram())


def test_crops_and_masks_reach_everything():
    """Over epochs: every start, widths up to the widest and no wider, and both ends."""
    marked = np.repeat(np.arange(10, dtype=np.float32)[:, None] + 1, 128, axis=1)
    views = SoundViews(frames=6, time_mask=3, bin_mask=0)
    found = [training_view(marked, "key", epoch, views, SPEC) for epoch in range(1, 200)]
    masks = [tuple(np.flatnonzero(view[:, 0] == 0)) for view in found]
    assert {len(mask) for mask in masks} == {0, 1, 2}
    assert {mask[0] for mask in masks if mask} >= {0, 4}
    assert {max(view[-1, 0], view[-2, 0] + 1, view[-3, 0] + 2) for view in found} == {6, 7, 8, 9, 10}
    assert all((view[:, 5] == view[:, 0]).all() for view in found)


def test_views_of_the_test_are_evenly_spread_and_not_masked():
    stored = spectrogram()
    found = even_crops(stored, SoundViews())
    starts = [0, 18, 36, 55, 73, 91, 109, 127, 145, 164, 182, 200]
    assert found.shape == (12, 800, 128)
    for view, start in zip(found, starts, strict=True):
        np.testing.assert_array_equal(view, stored[start : start + 800].astype(np.float32))


def test_a_spectrogram_that_is_too_short_is_refused():
    for cut in (lambda x: training_view(x, "key", 1, SoundViews(), SPEC), lambda x: even_crops(x, SoundViews())):
        with pytest.raises(SourceError, match="has 799 frames, and 800 are to be cropped"):
            cut(spectrogram(799))


def test_the_frames_that_kaldi_leaves_open(tmp_path):
    """998 of ten seconds; the last two are the mean, or as far above it as zero is."""
    import soundfile

    path = tmp_path / "ten.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 160_000), 16_000)
    for name, wanted in (("mov-audio", 1.1329), ("mov-audio-ast", 1.1329 / 2), ("mov-audio-hamming", 0.0)):
        found = fbank_segments(str(path), PRESETS[name])[0]
        assert found.shape == (1000, 128)
        assert found[998:] == pytest.approx(wanted, abs=1e-4) and abs(found[997].mean() - wanted) > 0.01
