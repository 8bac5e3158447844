"""Where a sound ends: what lies behind the last sample is no sound, and takes none away."""

import struct

import numpy as np
import pytest
import soundfile
from test_mp3 import mp3
from test_sound_files import RATE, ffmpegs, ours, sound

from pipeline.media import MediaError

ID3V1 = b"TAG" + b"a" * 125
APE = b"APETAGEX" + struct.pack("<IIIIQ", 2000, 32, 0, 0x80000000, 0)
W64 = bytes.fromhex("f3acd3118cd100c04f8edb8a")


@pytest.mark.parametrize("behind", [ID3V1, APE, b"\0\n\0", bytes(1000)])
@pytest.mark.parametrize("seconds", [0.5, 20.0])
def test_a_tag_behind_a_flac_is_no_lost_frame(tmp_path, behind, seconds):
    content = sound(tmp_path / "good.flac", "FLAC", seconds=seconds)
    (tmp_path / "x.flac").write_bytes(content + behind)
    wave = ours(tmp_path / "x.flac")
    assert len(wave) == RATE * seconds
    np.testing.assert_array_equal(wave, ours(tmp_path / "good.flac"))
    (tmp_path / "cut.flac").write_bytes(content[: len(content) // 2])
    with pytest.raises(MediaError, match="^truncated$"):
        ours(tmp_path / "cut.flac")


@pytest.mark.parametrize("behind", [b"junk" + W64 + struct.pack("<Q", 424) + bytes(400), bytes(1000)])
@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT"])
def test_a_chunk_behind_the_samples_of_w64_is_no_sound(tmp_path, behind, subtype):
    """libsndfile takes it for samples: 100 more of 4 bytes each."""
    content = sound(tmp_path / "good.w64", "W64", subtype)
    (tmp_path / "x.w64").write_bytes(content + behind)
    assert soundfile.info(tmp_path / "x.w64").frames > 8000
    wave = ours(tmp_path / "x.w64")
    assert len(wave) == 8000
    np.testing.assert_array_equal(wave, ours(tmp_path / "good.w64"))


@pytest.mark.parametrize("length", [24, (1 << 63) - 1])
def test_a_w64_that_leaves_its_length_open_is_read_to_its_end(tmp_path, length):
    content = sound(tmp_path / "good.w64", "W64")
    place = content.index(b"data") + 16
    (tmp_path / "x.w64").write_bytes(content[:place] + struct.pack("<Q", length) + content[place + 8 :])
    np.testing.assert_array_equal(ours(tmp_path / "x.w64"), ours(tmp_path / "good.w64"))


def test_an_mp3_inside_a_wav_has_the_samples_of_its_frames(tmp_path):
    """libsndfile's count of them is an estimate there, too."""
    wave = 0.3 * np.sin(np.arange(44_100 * 2) / 20)
    mp3(tmp_path / "x.mp3", wave, 44_100, xing=False, tags=False, bit_rate=128_000)
    body = (tmp_path / "x.mp3").read_bytes()
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 1, 44_100, 16_000, 1, 0, 12, 1, 2, 417, 1, 1393)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"fact" + struct.pack("<II", 4, 90_000) + b"data" + struct.pack("<I", len(body)) + body
    (tmp_path / "x.wav").write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
    assert soundfile.info(tmp_path / "x.wav").subtype == "MPEG_LAYER_III"
    found = ours(tmp_path / "x.wav", 44_100)
    assert len(found) % 1152 == 0 and len(found) >= len(wave)
    np.testing.assert_array_equal(found, ffmpegs(tmp_path / "x.wav"))
    np.testing.assert_allclose(found, ours(tmp_path / "x.mp3", 44_100), atol=1e-6)


def voc(blocks):
    """A VOC of 16 bits, one channel; every block after the first goes on with its sound."""
    head = b"Creative Voice File\x1a" + struct.pack("<HHH", 26, 0x0114, 0x111F)
    form = struct.pack("<IBBHI", RATE, 16, 1, 4, 0)
    first, *others = [samples.astype("<i2").tobytes() for samples in blocks]
    content = head + b"\x09" + struct.pack("<I", 12 + len(first))[:3] + form + first
    return content + b"".join(b"\x02" + struct.pack("<I", len(each))[:3] + each for each in others) + b"\0"


def test_the_head_of_a_voc_s_block_is_no_sound(tmp_path):
    """libsndfile gives it as samples."""
    samples = np.random.default_rng(1).integers(-9000, 9000, 8000)
    (tmp_path / "x.voc").write_bytes(voc([samples[:3000], samples[3000:5000], samples[5000:]]))
    wave = ours(tmp_path / "x.voc")
    np.testing.assert_array_equal(wave, samples.astype(np.float32) / 32_768)
    assert len(soundfile.read(tmp_path / "x.voc")[0]) != 8000


@pytest.mark.parametrize("share", [0.3, 0.5, 0.97])
def test_a_voc_that_was_cut_is_truncated(tmp_path, share):
    content = voc([np.arange(4000), np.arange(4000)])
    (tmp_path / "x.voc").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(MediaError, match="^truncated$"):
        ours(tmp_path / "x.voc")


@pytest.mark.parametrize("content", [b"", b"O", b"fL", b"RIF", b"ID3"])
@pytest.mark.parametrize("suffix", ["wav", "ogg", "flac", "mp3", "w64"])
def test_a_file_of_some_bytes_is_no_sound(tmp_path, content, suffix):
    path = tmp_path / f"short.{suffix}"
    path.write_bytes(content)
    with pytest.raises(MediaError, match="empty file|not sound|truncated"):
        ours(path)
