"""Ours in numpy against Kaldi's own C++ (kaldi-native-fbank) and transformers' extractors, on real and made sounds."""

import warnings

import numpy as np
import pytest
import soundfile
from transformers import ASTFeatureExtractor, ClapFeatureExtractor
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

from pipeline.media import MediaError
from pipeline.media.audio import read_wave, window
from pipeline.sources import PRESETS, ClapMelSpec, FbankSpec
from pipeline.sources.spectrograms import clap_mel, fbank, fbank_segments, segments

REAL = ("vggsound_FwVYUHKoLtQ_000034.wav", "cockatoo.mp4", "realshort.mp4")
AST = FbankSpec()


def made_sounds():
    rng, t = np.random.default_rng(0), np.arange(40_000) / 16_000
    return {
        "noise": rng.normal(0, 0.1, len(t)),
        # Over a little noise: of a clean tone, Kaldi's float32 leaves rounding in the bins far from it.
        "chirp": 0.5 * np.sin(2 * np.pi * (200 + 1200 * t) * t) + rng.normal(0, 1e-3, len(t)),
        "click": np.eye(1, len(t), 20_000)[0],
        "loud": np.clip(rng.normal(0, 1, len(t)), -1, 1),
        "offset": 0.3 + 0.01 * rng.normal(0, 1, len(t)),
        "one frame": rng.normal(0, 0.1, 400),
    }


def kaldi(wave, bins=128, hop_ms=10.0, kind="hanning"):
    knf = pytest.importorskip("kaldi_native_fbank")
    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.frame_opts.window_type = kind
    options.frame_opts.frame_shift_ms = hop_ms
    options.mel_opts.num_bins = bins
    machine = knf.OnlineFbank(options)
    machine.accept_waveform(16_000, wave.astype(np.float32).tolist())
    machine.input_finished()
    return np.stack([machine.get_frame(index) for index in range(machine.num_frames_ready)])


@pytest.mark.parametrize("kind", ["hanning", "hamming"])
@pytest.mark.parametrize("name", made_sounds())
def test_fbank_is_kaldis_on_made_sounds(name, kind):
    wave = made_sounds()[name].astype(np.float32)
    ours, theirs = fbank(wave, FbankSpec(window=kind)), kaldi(wave, kind=kind)
    np.testing.assert_allclose(ours / AST.scale, theirs / AST.scale, atol=1e-3, rtol=0)


@pytest.mark.parametrize(("bins", "hop_ms"), [(128, 10.0), (80, 5.0), (64, 10.0)])
@pytest.mark.parametrize("name", REAL)
def test_fbank_is_kaldis_on_real_sounds(shared, name, bins, hop_ms):
    wave = read_wave(str(shared / name), 16_000)
    ours, theirs = fbank(wave, FbankSpec(bins=bins, hop_ms=hop_ms)), kaldi(wave, bins, hop_ms)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", REAL)
def test_the_ast_preset_is_transformers_extractor(shared, name):
    wave = read_wave(str(shared / name), 16_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = ASTFeatureExtractor()(wave, sampling_rate=16_000)["input_values"]
    ours = fbank_segments(str(shared / name), PRESETS["ast"])
    assert ours.shape == (1, 1024, 128) and ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.asarray(theirs), atol=1e-3, rtol=0)


@pytest.mark.parametrize("preset", ["copl-ave", "copl-ave-vit", "copl-avs", "copl-avqa"])
def test_copl_presets_by_transformers_functions_and_lavishs_steps(shared, preset):
    """192 bins leave some empty, which Kaldi's own code refuses, torchaudio's does not, nor does transformers'."""
    spec = PRESETS[preset]
    wave = read_wave(str(shared / REAL[0]), 16_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the empty bins
        filters = mel_filter_bank(257, spec.bins, 20, 8000, 16_000, None, "kaldi", triangularize_in_mel_space=True)
    wanted = []
    length = {"copl-ave": 1.0, "copl-ave-vit": 1.0, "copl-avs": 1.95, "copl-avqa": 1.95}[preset]
    starts = np.linspace(0, len(wave) - 16_000 * (length + 0.1), num=5 if preset == "copl-avs" else 10, dtype=int)
    for start in starts:
        mel = spectrogram(
            wave[start : start + int(16_000 * length)], window_function(400, "hann", periodic=False), 400,
            83 if preset == "copl-ave" else 160, 512, power=2.0, center=False, preemphasis=0.97, mel_filters=filters,
            log_mel="log", mel_floor=1.192092955078125e-07, remove_dc_offset=True,
        ).T  # fmt: skip
        mel = (mel - spec.mean) / spec.scale
        target = 102 if preset == "copl-ave-vit" else 192
        wanted.append(np.concatenate([mel, np.zeros((max(0, target - len(mel)), mel.shape[1]))])[:target])
    ours = fbank_segments(str(shared / REAL[0]), spec)
    assert ours.shape == spec.shape
    np.testing.assert_allclose(ours, wanted, atol=1e-3, rtol=0)


def test_the_figures_of_the_presets():
    assert PRESETS["copl-ave"].scale == 2 * 3.7079780101776123
    assert PRESETS["copl-ave"].shape == (10, 192, 192) and PRESETS["copl-ave-vit"].shape == (10, 102, 128)
    assert PRESETS["copl-avs"].shape == (5, 192, 192) and PRESETS["copl-avqa"].shape == (10, 192, 192)
    assert PRESETS["mov-audio"].shape == (1, 1000, 128) and PRESETS["mov-audio"].scale == 4.4849
    assert PRESETS["clap"].shape == (1001, 64)


def test_zeros_are_appended_before_or_after_the_normalisation(tmp_path):
    soundfile.write(tmp_path / "x.wav", made_sounds()["noise"], 16_000)
    rows = 1 + (40_000 - 400) // 160
    before, after = (
        fbank_segments(str(tmp_path / "x.wav"), FbankSpec(frames=300, mean=-4.0, scale=2.0, pad_first=first))[0]
        for first in (True, False)
    )
    np.testing.assert_array_equal(before[:rows], after[:rows])
    assert (before[rows:] == 2.0).all() and (after[rows:] == 0.0).all() and 0 < rows < 300


def test_a_sound_too_short_for_a_piece_is_every_piece():
    wave = np.arange(17_600, dtype=np.float32)
    spec = FbankSpec(segments=3, segment_s=1.0, margin_s=0.1)
    assert [len(piece) for piece in segments(wave, spec)] == [17_600] * 3
    longer = segments(np.arange(17_611, dtype=np.float32), spec)
    assert [(piece[0], len(piece)) for piece in longer] == [(0, 16_000), (5, 16_000), (11, 16_000)]
    assert [len(piece) for piece in segments(wave, FbankSpec(segments=2))] == [17_600] * 2


@pytest.mark.parametrize("name", REAL)
def test_the_clap_preset_is_transformers_extractor(shared, name):
    """Also for clips shorter than ten seconds (repeated) and longer ones (the centre, where theirs crops at random)."""
    wave = window(read_wave(str(shared / name), 48_000), 480_000)
    extractor = ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad", frequency_min=50)
    theirs = extractor(wave, sampling_rate=48_000)["input_features"][0][0]
    ours = clap_mel(str(shared / name), PRESETS["clap"])
    assert ours.shape == (1001, 64) and ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.asarray(theirs), atol=1e-3, rtol=0)


def test_clap_mel_of_other_sizes(tmp_path):
    wave = np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)
    soundfile.write(tmp_path / "x.wav", wave, 16_000, subtype="FLOAT")
    spec = ClapMelSpec(sampling_rate=16_000, seconds=1.0, fft=512, hop=160, bins=32, low_hz=0.0, high_hz=8000.0)
    extractor = ClapFeatureExtractor(
        feature_size=32, sampling_rate=16_000, hop_length=160, fft_window_size=512, max_length_s=1,
        frequency_min=0, frequency_max=8000, truncation="rand_trunc", padding="repeatpad",
    )  # fmt: skip
    theirs = extractor(wave, sampling_rate=16_000)["input_features"][0][0]
    ours = clap_mel(str(tmp_path / "x.wav"), spec)
    assert ours.shape == spec.shape
    np.testing.assert_allclose(ours, np.asarray(theirs), atol=1e-3, rtol=0)


def test_bad_files_have_reasons(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.zeros(399), 16_000)
    with pytest.raises(MediaError, match="^too short: 399 samples, at least 400$"):
        fbank_segments(str(tmp_path / "x.wav"), AST)
    (tmp_path / "y").write_bytes(b"")
    with pytest.raises(MediaError, match="^empty file$"):
        clap_mel(str(tmp_path / "y"), ClapMelSpec())
