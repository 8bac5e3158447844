"""Sounds longer than CLAP's window, from files: all of them is heard, and the recipe's `media.window` says how."""

import numpy as np
import pytest
import soundfile
import torch
from laion_checkpoints import small_clap
from random_encoders import write_random_encoder
from test_clap_sources import write_laion, write_transformers

from pipeline.caching.media import cache_media
from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import card, with_media
from pipeline.encoders.clap_windows import spread_starts
from pipeline.encoders.errors import EncoderError
from pipeline.encoders.load import load_encoder
from pipeline.media import AudioSpec, MediaError
from pipeline.media.audio import decode_audio
from pipeline.sources.make import make_source
from pipeline.telemetry.progress import Progress
from stores import Store, file_key

SECONDS = (0.3, 1.0, 1.001, 2.0, 2.9, 5.5, 9.7)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A CLAP that hears windows of 1 s at 8 kHz."""
    return card(f"clap:{write_random_encoder('clap', tmp_path_factory.mktemp('clap'))}")


def write_sounds(folder, seconds, rate):
    """Sounds whose pitch rises all the time, so that no window of one is like another."""
    folder.mkdir()
    rows = []
    for number, length in enumerate(seconds):
        t = np.arange(round(length * rate)) / rate
        wave = 0.5 * np.sin(2 * np.pi * (200 + 150 * number + 150 * t) * t)
        path = folder / f"{number}.wav"
        soundfile.write(path, wave, rate, subtype="FLOAT")
        rows.append(MediaRow(file_key(path), str(path), ()))
    return rows


def features(store, described, rows):
    cache_media(
        store, described, rows, device="cpu", progress=Progress.silent(), dtype="float32", workers=0, batch_size=3
    )
    artifact = store.artifact(media_features_spec(described, dtype="float32"))
    return artifact.arrays([row.key for row in rows])["vectors"]


def test_windows_cover_a_clip_and_are_as_few_as_can_be():
    assert spread_starts(10, 10) == [0]
    assert spread_starts(11, 10) == [0, 1]
    assert spread_starts(20, 10) == [0, 10]
    assert spread_starts(25, 10) == [0, 8, 15]
    for length in range(10, 90):
        starts = spread_starts(length, 10)
        heard = {sample for start in starts for sample in range(start, start + 10)}
        assert heard == set(range(length)) and len(starts) == -(-length // 10)
        assert np.ptp(np.diff(starts)) <= 1 if len(starts) > 1 else length == 10


def test_the_mean_is_that_of_windows_cut_by_hand_one_at_a_time(small, tmp_path):
    rows = write_sounds(tmp_path / "sounds", SECONDS, 8000)
    found = features(Store(tmp_path / "w"), with_media(small, {"window": "mean"}), rows)
    tower, wanted = load_encoder(small, "cpu").media, []
    for row in rows:
        wave = soundfile.read(row.path, dtype="float32")[0]
        if len(wave) < 8000:
            wave = np.concatenate([wave, wave, wave, np.zeros(8000 - 3 * len(wave), np.float32)])
        excess = max(0, len(wave) - 48_000)  # six windows are heard
        wave = wave[excess // 2 : excess // 2 + 48_000]
        count = int(np.ceil(len(wave) / 8000))
        total = 0.0
        for index in range(count):
            start = round(index * (len(wave) - 8000) / max(count - 1, 1))
            vector = tower.full(wave[None, start : start + 8000])[0].double().numpy()
            total = total + vector / np.sqrt((vector**2).sum()) / count
        wanted.append(total)
    np.testing.assert_allclose(found, np.stack(wanted), atol=1e-5, rtol=0)
    centre = features(Store(tmp_path / "w"), small, rows)
    centre /= np.linalg.norm(centre, axis=1, keepdims=True)
    np.testing.assert_allclose(found[:2], centre[:2], atol=1e-5, rtol=0)  # of a window's length: as without
    assert np.abs(found[2:] - centre[2:]).max(axis=1).min() > 1e-2


def test_a_mean_is_cut_at_its_ends_only_and_there_anywhere(small):
    tower = load_encoder(with_media(small, {"window": "mean"}), "cpu").media
    clips = np.random.default_rng(0).normal(0, 0.2, (2, 20_000)).astype(np.float32)
    clips[1, 9000:] = np.nan
    assert tower.cuts == ("waveform", "output")
    whole = tower.full(clips)
    for cut in tower.cuts:
        torch.testing.assert_close(tower.upper(tower.lower(clips, cut), cut), whole, atol=0, rtol=0)
    torch.testing.assert_close(tower.full(clips[1:, :9000]), whole[1:], atol=1e-6, rtol=0)


def test_the_window_names_media_features_and_the_centre_keeps_its_name(small):
    mean, named = with_media(small, {"window": "mean"}), media_features_spec(small)
    assert "window" not in named.fields["media"]
    assert media_features_spec(mean).fields["media"] == {**named.fields["media"], "window": "mean"}
    assert media_features_spec(mean).fingerprint != named.fingerprint
    assert text_features_spec(mean) == text_features_spec(small)
    assert with_media(mean, {"window": "centre"}) == small


def test_a_fused_model_hears_whole_files(tmp_path):
    """Longer than its window, it sees four spectrograms of all; `centre` gives it the middle alone."""
    model = small_clap(fused=True)
    rows = write_sounds(tmp_path / "sounds", (4, 10, 17, 75), 48_000)
    described = card(f"clap:{write_transformers(tmp_path / 'fused', model)}")
    assert described.media == AudioSpec(window="fusion")
    tower = load_encoder(described, "cpu").media
    found, wanted = features(Store(tmp_path / "w"), described, rows), []
    for row in rows:
        wave = soundfile.read(row.path, dtype="float32")[0]
        excess = max(0, len(wave) - 60 * 48_000)
        mel = tower.lower(wave[None, excess // 2 : len(wave) - excess // 2], "spectrogram")
        assert mel["longer"].tolist() == [len(wave) > 480_000]
        wanted.append(tower.upper(mel, "spectrogram")[0].numpy())
    np.testing.assert_allclose(found, np.stack(wanted), atol=1e-5, rtol=0)
    centre = features(Store(tmp_path / "w"), with_media(described, {"window": "centre"}), rows)
    np.testing.assert_allclose(found[:2], centre[:2], atol=1e-5, rtol=0)
    assert np.abs(found[2:] - centre[2:]).max(axis=1).min() > 1e-2


def test_what_is_fused_is_known_before_it_is_loaded(tmp_path):
    fused, plain = small_clap(fused=True), small_clap()
    windows = {
        f"clap:{write_laion(tmp_path / 'a', fused)}": "fusion",
        f"clap:{write_laion(tmp_path / 'b', plain)}": "centre",
        f"clap:{write_transformers(tmp_path / 'c', fused)}": "fusion",
        f"clap:{write_transformers(tmp_path / 'd', plain)}": "centre",
        "clap-htsat-fused": "fusion",
        "clap:laion/clap-htsat-fused": "fusion",
        "clap-htsat-unfused": "centre",
    }
    old = tmp_path / "a" / "old.pt"
    torch.save(
        torch.load(tmp_path / "a" / "630k-audioset-best.pt", weights_only=False),
        old,
        _use_new_zipfile_serialization=False,
    )
    assert {name: card(name).media.window for name in [*windows, f"clap:{old}"]} == {**windows, f"clap:{old}": "fusion"}
    with pytest.raises(EncoderError, match="hf download someone/else config.json preprocessor_config.json"):
        card("clap:someone/else")  # whose width nobody knows


def test_fusion_of_a_model_without_is_refused(small):
    with pytest.raises(EncoderError) as error:
        load_encoder(with_media(small, {"window": "fusion"}), "cpu")
    assert str(error.value) == (
        f"media.window of encoder {small.name!r}: 'fusion' needs a fused model; type centre or mean"
    )
    with pytest.raises(EncoderError, match=r"Input should be 'centre', 'mean' or 'fusion' \(found: 'first'\)"):
        with_media(small, {"window": "first"})


def test_a_long_file_is_kept_up_to_six_windows_of_its_centre(tmp_path):
    (row,) = write_sounds(tmp_path / "sounds", (9.7,), 8000)
    wave = soundfile.read(row.path, dtype="float32")[0]
    kept = decode_audio(row.path, AudioSpec(8000, 1.0, "mean"))
    np.testing.assert_array_equal(kept, wave[14_800 : 14_800 + 48_000])


def test_a_source_takes_the_centre_only(tmp_path):
    (row,) = write_sounds(tmp_path / "sounds", (2,), 8000)
    assert make_source(row.path, AudioSpec(8000, 1.0)).shape == (8000,)
    with pytest.raises(MediaError, match="only the centre of a long sound can be kept"):
        make_source(row.path, AudioSpec(8000, 1.0, "mean"))
