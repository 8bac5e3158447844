"""`length: librosa` against librosa itself and LAION's own code, whole arrays."""

import ast
import importlib.util
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
import torch
from torch.nn import functional as F

from pipeline.media import AudioSpec
from pipeline.media.audio import decode_audio, read_wave
from pipeline.sources import ClapMelSpec
from pipeline.sources.spectrograms import clap_mel

pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated and slated for removal:DeprecationWarning")  # librosa's

THEIRS = AudioSpec(length="librosa")
rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def laion():
    """The functions that LAION's package prepares a sound by, without importing it, which would ask the network."""
    folder = Path(importlib.util.find_spec("laion_clap").origin).parent
    wanted = {"get_audio_features", "int16_to_float32", "float32_to_int16"}
    tree = ast.parse((folder / "training" / "data.py").read_text())
    tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in wanted]
    names = {"np": np, "torch": torch, "F": F}
    exec(compile(tree, "laion_clap/training/data.py", "exec"), names)

    def prepare(path):
        """As `get_audio_embedding_from_filelist` does; a crop of what is longer is random."""
        wave, _ = librosa.load(path, sr=48_000)
        wave = names["int16_to_float32"](names["float32_to_int16"](wave))
        return names["get_audio_features"]({}, torch.from_numpy(wave).float(), 480_000, "rand_trunc", "repeatpad", {})[
            "waveform"
        ].numpy()

    return prepare


def sound(path, seconds, rate, channels=1, subtype="FLOAT"):
    wave = rng.uniform(-0.4, 0.4, (round(seconds * rate), channels))
    soundfile.write(path, wave.squeeze(), rate, subtype=subtype)
    return str(path)


# ESC-50 has 5 s at 44.1 kHz, UrbanSound8K up to 4 s at every rate there is, in stereo.
SOUNDS = [
    (5, 44_100, 1), (4, 44_100, 2), (4, 48_000, 2), (4, 96_000, 1), (4, 192_000, 2), (3.5, 22_050, 1), (2.5, 16_000, 1),
    (4, 11_025, 1), (4, 8_000, 2), (1.234, 11_024, 1), (0.05, 24_000, 1), (10, 44_100, 1), (9.9999, 44_100, 1),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "rate", "channels"), SOUNDS)
def test_a_clip_is_laions(tmp_path, laion, seconds, rate, channels):
    path = sound(tmp_path / "x.wav", seconds, rate, channels)
    ours, theirs = decode_audio(path, THEIRS), laion(path)
    assert ours.shape == theirs.shape == (480_000,)
    if seconds < 10:  # a clip one sample too long begins anywhere
        np.testing.assert_allclose(ours, theirs, atol=1.1 / 32_767)  # they round to 16 bits
    wave, _ = librosa.load(path, sr=48_000)
    np.testing.assert_allclose(read_wave(path, 48_000, "librosa"), wave, atol=1e-6)


def test_five_seconds_of_44100_hz_are_heard_once(tmp_path):
    path = sound(tmp_path / "x.wav", 5, 44_100)
    exact, theirs = decode_audio(path, AudioSpec()), decode_audio(path, THEIRS)
    assert (len(read_wave(path, 48_000)), len(read_wave(path, 48_000, "librosa"))) == (240_000, 240_001)
    np.testing.assert_array_equal(exact[240_000:], exact[:240_000])
    assert not theirs[240_001:].any()
    np.testing.assert_array_equal(theirs[:240_000], exact[:240_000])


def test_the_number_of_samples_is_librosas_at_every_rate(tmp_path):
    """Rounding decides: 44.1 to 48 kHz is one sample more for every multiple of 2.5 s, others none."""
    more = 0
    for rate in (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000):
        for samples in (1, 2, 147, 1000, rate // 2, rate, 3 * rate, 5 * rate, 5 * rate + 1):
            soundfile.write(tmp_path / "x.wav", np.full(samples, 0.1), rate)
            wanted = len(librosa.resample(np.zeros(samples, np.float32), orig_sr=rate, target_sr=48_000))
            assert len(read_wave(str(tmp_path / "x.wav"), 48_000, "librosa")) == wanted, (rate, samples)
            more += wanted > len(read_wave(str(tmp_path / "x.wav"), 48_000))
    assert more


def test_of_longer_clips_the_centre_is_that_of_librosas(tmp_path):
    path = sound(tmp_path / "x.wav", 15, 44_100)
    wave, _ = librosa.load(path, sr=48_000)
    assert len(wave) == 720_001
    np.testing.assert_allclose(decode_audio(path, THEIRS), wave[120_000:600_000], atol=1e-6)


def test_the_spectrogram_that_is_stored_can_be_of_librosas_length(tmp_path):
    path = sound(tmp_path / "x.wav", 5, 44_100)
    exact, theirs = clap_mel(path, ClapMelSpec()), clap_mel(path, ClapMelSpec(length="librosa"))
    np.testing.assert_array_equal(exact[:499], theirs[:499])
    assert (theirs[503:] == -100).all() and (exact[503:] > -60).all()
