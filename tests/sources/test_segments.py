"""Frames and spectrograms of clips whose seconds are learned from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipeline.encoders.stepped.sizes import Mel
from pipeline.sources import PRESETS
from pipeline.sources.errors import SourceError
from pipeline.sources.segments import frames_spec, picture_of_sound, sound_spec
from pipeline.sources.specs import ClapMelSpec, source_artifact, stored_type
from pipeline.sources.spectrograms import clap_mel, clap_segments, fbank_segments

RATE = 32_000


def test_of_192_pixels_and_a_second_they_are_the_paper_s() -> None:
    assert picture_of_sound(192, 10) == PRESETS["copl-ave"]
    assert picture_of_sound(64, 10) == PRESETS["copl-miniature"]
    assert sound_spec(128, 32, None, 10) == PRESETS["copl-miniature-hts-at"]
    with pytest.raises(SourceError, match="100 frames and 32 bins"):
        sound_spec(100, 32, None, 10)
    assert frames_spec(192, 10).shape == (10, 192, 192, 3) and frames_spec(192, 10).resize == "squash"


@pytest.mark.parametrize(("size", "segment_s"), [(96, 1.0), (192, 2.0), (96, 0.5)])
def test_a_segment_fills_the_picture_at_every_size_and_length(tmp_path: Path, size: int, segment_s: float) -> None:
    rng = np.random.default_rng(0)
    soundfile.write(tmp_path / "a.wav", rng.normal(0, 0.1, int(16_000 * 4 * segment_s)), 16_000)
    spec = picture_of_sound(size, 3, segment_s)
    found = fbank_segments(str(tmp_path / "a.wav"), spec)
    assert found.shape == (3, size, size) == spec.shape
    filled = np.abs(found).max(axis=(0, 2)) > 0
    assert 0.85 * size < filled.sum() <= size and filled[: int(filled.sum())].all()


def test_pieces_of_a_sound_are_what_a_file_of_the_piece_repeated_is(tmp_path: Path) -> None:
    wave = np.random.default_rng(1).normal(0, 0.1, 4 * RATE).astype(np.float32)
    soundfile.write(tmp_path / "whole.wav", wave, RATE, subtype="FLOAT")
    mel = Mel(seconds=2)
    found = clap_segments(str(tmp_path / "whole.wav"), sound_spec(201, 64, mel, 4))
    assert found.shape == (4, 201, 64) == sound_spec(201, 64, mel, 4).shape
    for place in range(4):
        piece = wave[place * RATE : (place + 1) * RATE]
        soundfile.write(tmp_path / "piece.wav", np.concatenate([piece, piece]), RATE, subtype="FLOAT")
        one = ClapMelSpec(sampling_rate=RATE, seconds=2, hop=320)
        np.testing.assert_array_equal(found[place], clap_mel(str(tmp_path / "piece.wav"), one))


def test_every_field_is_in_the_fingerprint() -> None:
    spec = sound_spec(1001, 64, Mel(), 10)
    changed = [spec, replace(spec, segments=5), replace(spec, segment_s=2.0), sound_spec(1001, 64, Mel(hop=480), 10)]
    assert len({source_artifact(each).fingerprint for each in changed}) == 4
    assert stored_type(spec, "float16") == "float16"
