"""What is read of sound files whose headers are wrong, against the other library: FFmpeg's for libsndfile's, and the reverse."""

import struct

import av
import av.error
import numpy as np
import pytest
import soundfile

from pipeline.media import MediaError
from pipeline.media.audio import read_wave
from pipeline.media.promised import find_samples

RATE = 16_000
rng = np.random.default_rng(0)
LIST = b"LIST" + struct.pack("<I", 26) + b"INFOISFT" + struct.pack("<I", 14) + b"Lavf59.27.100\0"
ID3 = b"ID3\x03\0\0\0\0\1\0" + b"\0" * 128


def ffmpegs(path):
    """All samples that FFmpeg decodes, channels averaged; what it cannot decode is passed over, as its command line does."""
    parts = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="fltp")
        for packet in container.demux(container.streams.audio[0]):
            try:
                for frame in packet.decode():
                    parts += [planar.to_ndarray().mean(axis=0) for planar in resampler.resample(frame)]
            except av.error.InvalidDataError:
                continue
    return np.concatenate(parts)


def ours(path, rate=RATE):
    return read_wave(str(path), rate)


def sound(path, format="WAV", subtype="PCM_16", seconds=0.5, channels=2, endian="FILE"):
    wave = rng.uniform(-0.5, 0.5, (int(RATE * seconds), channels))
    soundfile.write(path, wave.squeeze(), RATE, format=format, subtype=subtype, endian=endian)
    return bytearray(path.read_bytes())


def with_length(content, length, name=b"data", form="<I"):
    changed, place = bytearray(content), content.index(name) + len(name)
    changed[place : place + struct.calcsize(form)] = struct.pack(form, length)
    return changed


@pytest.mark.parametrize("format", ["WAV", "WAVEX"])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "FLOAT", "ULAW"])
@pytest.mark.parametrize(
    "fault", ["nothing", "0", "open", "sox", "36 more", "itself too", "whole file", "1 short", "2 short", "remarks"]
)
def test_a_wav_with_a_wrong_length_is_read_as_by_ffmpeg(tmp_path, format, subtype, fault):
    content = sound(tmp_path / "good.wav", format, subtype)
    promised = find_samples(str(tmp_path / "good.wav")).promised
    lengths = {"0": 0, "open": 0xFFFFFFFF, "sox": 0x7FFFF000, "36 more": promised + 36,
               "itself too": len(content) - 8, "whole file": len(content)}  # fmt: skip
    content = with_length(content, lengths.get(fault, promised))
    content = content[: -int(fault[0])] if "short" in fault else content + (LIST if fault == "remarks" else b"")
    (tmp_path / "x.wav").write_bytes(content)
    wave = ours(tmp_path / "x.wav")
    np.testing.assert_array_equal(wave, ffmpegs(tmp_path / "x.wav"))
    np.testing.assert_array_equal(wave, ours(tmp_path / "good.wav")[: len(wave)])
    assert len(wave) >= 8000 - ("short" in fault) * 2


def test_the_wavs_of_the_cases(cases):
    for name in ("50_datasize_plus36.wav", "52_datasize0.wav"):
        wave = ours(cases / "audio" / name)
        assert len(wave) == 32_000
        np.testing.assert_array_equal(wave, np.frombuffer((cases / "audio" / name).read_bytes()[44:], "<i2") / 32_768)


def test_an_empty_wav_with_remarks_is_empty(tmp_path):
    """FFmpeg takes the remarks for sound; a recorder that was killed leaves samples, not a chunk up to the very end."""
    content = sound(tmp_path / "x.wav")[:44]
    (tmp_path / "x.wav").write_bytes(with_length(content, 0) + LIST)
    with pytest.raises(MediaError, match="^no samples$"):
        ours(tmp_path / "x.wav")


KINDS = [
    ("WAV", "PCM_16", "FILE"), ("WAV", "IMA_ADPCM", "FILE"), ("WAV", "PCM_16", "BIG"), ("WAVEX", "PCM_24", "FILE"),
    ("RF64", "PCM_16", "FILE"), ("W64", "PCM_16", "FILE"), ("W64", "FLOAT", "FILE"), ("AIFF", "PCM_16", "FILE"),
    ("AIFF", "PCM_16", "LITTLE"), ("AIFF", "FLOAT", "FILE"), ("AIFF", "ULAW", "FILE"), ("AU", "PCM_16", "FILE"),
    ("AU", "FLOAT", "LITTLE"), ("CAF", "PCM_16", "FILE"), ("CAF", "FLOAT", "LITTLE"), ("NIST", "PCM_16", "FILE"),
    ("FLAC", "PCM_16", "FILE"),
]  # fmt: skip


TAGGED = [
    ("ID3", *kind) for kind in KINDS if kind[0] in ("WAV", "WAVEX", "AIFF", "AU", "W64")
]  # libsndfile reads these


@pytest.mark.parametrize(("before", "format", "subtype", "endian"), [*[("", *kind) for kind in KINDS], *TAGGED])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.97])
def test_a_file_that_was_cut_is_truncated_whatever_its_kind(tmp_path, before, format, subtype, endian, share):
    content = (ID3 if before else b"") + sound(tmp_path / "x", format, subtype, 1.5, endian=endian)
    (tmp_path / "whole").write_bytes(content)
    assert len(ours(tmp_path / "whole")) >= 24_000
    (tmp_path / "cut").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(MediaError, match="^truncated$"):
        ours(tmp_path / "cut")


@pytest.mark.parametrize(("format", "subtype", "endian"), [kind for kind in KINDS if kind[1] != "IMA_ADPCM"][:-1])
def test_a_sample_that_is_not_whole_is_left_out_whatever_the_kind(tmp_path, format, subtype, endian):
    content = sound(tmp_path / "whole", format, subtype, endian=endian)
    (tmp_path / "cut").write_bytes(content[:-1])
    whole, cut = ours(tmp_path / "whole"), ours(tmp_path / "cut")
    np.testing.assert_array_equal(cut, whole[:-1])
    if endian != "LITTLE" and (format, endian) != (
        "WAV",
        "BIG",
    ):  # FFmpeg reads no such AU, and RIFX in the wrong order
        np.testing.assert_array_equal(cut, ffmpegs(tmp_path / "cut"))


@pytest.mark.parametrize("missing", [100, 9000])
def test_long_remarks_before_the_samples_hide_no_cut(tmp_path, missing):
    content = sound(tmp_path / "x.wav")
    remarks = b"LIST" + struct.pack("<I", 10_000) + b"x" * 10_000
    (tmp_path / "x.wav").write_bytes((content[:36] + remarks + content[36:])[:-missing])
    if missing == 9000:
        with pytest.raises(MediaError, match="^truncated$"):
            ours(tmp_path / "x.wav")
    else:
        assert len(ours(tmp_path / "x.wav")) == 8000 - 25


@pytest.mark.parametrize("more", [0, -8])
def test_a_length_that_counts_the_whole_file_is_no_cut_however_long_the_remarks(tmp_path, more):
    content = sound(tmp_path / "good.wav")
    remarks = b"bext" + struct.pack("<I", 602) + b"x" * 602
    content = content[:36] + remarks + content[36:]
    (tmp_path / "x.wav").write_bytes(with_length(content, len(content) + more))
    np.testing.assert_array_equal(ours(tmp_path / "x.wav"), ours(tmp_path / "good.wav"))
    (tmp_path / "x.wav").write_bytes(with_length(content, len(content) + more + 600))
    with pytest.raises(MediaError, match="^truncated$"):
        ours(tmp_path / "x.wav")


@pytest.mark.parametrize("odd", [b"", b"\0"])
def test_an_odd_chunk_has_a_byte_behind_it_or_not(tmp_path, odd):
    """Without it libsndfile and FFmpeg find no samples; that such a file was cut is still known."""
    content = sound(tmp_path / "x.wav")
    remarks = b"LIST" + struct.pack("<I", 41) + b"x" * 41 + odd
    (tmp_path / "x.wav").write_bytes(content[:36] + remarks + content[36:])
    found = find_samples(str(tmp_path / "x.wav"))
    assert (found.start, found.promised, found.cut) == (44 + 49 + len(odd), 32_000, False)
    (tmp_path / "x.wav").write_bytes((content[:36] + remarks + content[36:])[:20_000])
    assert find_samples(str(tmp_path / "x.wav")).cut


def test_a_flac_that_does_not_say_how_long_it_is_is_read(tmp_path):
    content = sound(tmp_path / "good.flac", "FLAC")
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    (tmp_path / "x.flac").write_bytes(content)
    assert soundfile.info(tmp_path / "x.flac").frames > 1 << 62
    np.testing.assert_array_equal(ours(tmp_path / "x.flac"), ours(tmp_path / "good.flac"))


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_of_a_cut_ogg_the_whole_pages_are_taken(tmp_path, subtype):
    with soundfile.SoundFile(tmp_path / "x.ogg", "w", 48_000, 1, format="OGG", subtype=subtype) as file:
        for _ in range(60):
            file.write(rng.uniform(-0.5, 0.5, 8192))
    content = (tmp_path / "x.ogg").read_bytes()
    (tmp_path / "cut.ogg").write_bytes(content[: len(content) // 2])
    whole, cut = ours(tmp_path / "x.ogg", 48_000), ours(tmp_path / "cut.ogg", 48_000)
    assert len(whole) == 60 * 8192 and 0.4 < len(cut) / len(whole) < 0.6
    np.testing.assert_array_equal(cut, whole[: len(cut)])
    assert len(cut) == len(ffmpegs(tmp_path / "cut.ogg"))


@pytest.mark.parametrize("content", [b"RIFF\0\0\0\0WAVE" + bytes(9000), b"riff" + bytes(60), b"caff" + b"\xff" * 60,
                                     b"NIST_1A\n   1024\n", b"ID3\3\0\0\x7f\x7f\x7f\x7f", b"FORM", b".snd"])  # fmt: skip
def test_a_header_without_samples_has_none(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    found = find_samples(str(tmp_path / "x"))
    assert found is None or not found.cut
    with pytest.raises(MediaError):
        ours(tmp_path / "x")


def test_the_name_of_a_file_says_nothing(tmp_path):
    """soundfile asks for the rate of what is called .raw, whatever it holds."""
    sound(tmp_path / "x.wav")
    (tmp_path / "x.raw").write_bytes((tmp_path / "x.wav").read_bytes())
    np.testing.assert_array_equal(ours(tmp_path / "x.raw"), ours(tmp_path / "x.wav"))
    (tmp_path / "x.raw").write_bytes(b"abcd" * 99)
    with pytest.raises(MediaError, match="^n"):
        ours(tmp_path / "x.raw")
