"""MP3, whose length stands nowhere for sure: all samples that exist and no others, against libsndfile's own reading at once."""

import av
import numpy as np
import pytest
import soundfile

from pipeline.media import AudioSpec, MediaError
from pipeline.media.audio import decode_audio, read_wave

RATE = 16_000
rng = np.random.default_rng(0)
ID3 = b"ID3\x03\0\0\0\0\1\0" + b"\0" * 128


def ours(path, rate=RATE):
    return read_wave(str(path), rate)


def mp3(path, wave, rate, xing, tags=True, **options):
    """Encode by LAME; without `xing` nothing says how long it is."""
    muxer = {"write_xing": str(int(xing)), "id3v2_version": "3" if tags else "0", "write_id3v1": str(int(tags))}
    with av.open(str(path), "w", format="mp3", options=muxer) as container:
        bit_rate = options.pop("bit_rate", None)
        stream = container.add_stream("libmp3lame", rate=rate, layout="mono", options=options)
        if bit_rate:
            stream.bit_rate = bit_rate
        frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), format="fltp", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            for packet in stream.encode(piece):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


VBR = {"global_quality": "236", "flags": "+qscale"}
LAME_DELAY = 1105
"""Samples that LAME and the decoder put before a sound; where LAME's header says so, decoders take them away again."""


def quiet_then_loud(rate=44_100, seconds=7):
    """Its first frame is small, so an estimate by it is too long; turned round, too short."""
    wave = 1e-4 * np.sin(np.arange(rate * seconds) / 16)
    wave[rate:] += rng.normal(0, 0.2, rate * (seconds - 1))
    return wave


@pytest.mark.parametrize("name", ["61_noxing", "70_1s_noxing", "71_1s_noxing", "72_1s_noxing"])
def test_an_mp3_without_a_header_has_the_samples_of_its_frames(cases, name):
    path = cases / "audio" / f"{name}.mp3"
    content = path.read_bytes()
    frames = content[10 + content[9] : -128 if content[-128:].startswith(b"TAG") else None]
    size = 72 * 64_000 // RATE
    assert len(frames) % size == 0
    wave = ours(path)
    assert len(wave) == len(frames) // size * 576
    np.testing.assert_allclose(wave, soundfile.read(path)[0], atol=1e-5)
    assert not np.isclose(soundfile.info(path).frames, len(wave), atol=80)  # the estimate, which is why


@pytest.mark.parametrize(("name", "frame"), [("65_noxing_cut", 576), ("66_vbr_cut", 576)])
def test_of_a_cut_mp3_all_is_taken_up_to_its_last_frame(cases, name, frame):
    path = cases / "audio" / f"{name}.mp3"
    wave, theirs = ours(path), soundfile.read(path)[0]
    assert len(theirs) <= len(wave) <= len(theirs) + frame  # libmpg123 does without a last frame that is cut
    np.testing.assert_allclose(wave[: len(theirs)], theirs, atol=1e-5)
    whole = cases / "audio" / "61_noxing.mp3"
    if name.startswith("65"):
        np.testing.assert_allclose(wave, ours(whole)[: len(wave)], atol=1e-5)


def test_memory_is_never_heard(cases):
    """soundfile.blocks filled up to the estimate with what lay in memory."""
    path = str(cases / "audio" / "70_1s_noxing.mp3")
    spec, seen = AudioSpec(RATE, 2.0), set()
    for filling in (0.1, 0.2, np.nan):
        for size in (17_396, 1 << 18):
            del_me = [np.full((size, 1), filling, np.float32) for _ in range(8)]
            del del_me
            seen.add(decode_audio(path, spec).tobytes())
    assert len(seen) == 1
    assert not np.frombuffer(seen.pop(), np.float32)[17_280:].any()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("tags", [False, True])
def test_an_estimate_that_is_wrong_neither_adds_nor_loses_sound(tmp_path, turned, tags):
    wave = quiet_then_loud()[:: -1 if turned else 1]
    counted = ours(mp3(tmp_path / "counted.mp3", wave, 44_100, True, tags, **VBR), 44_100)
    path = mp3(tmp_path / "estimated.mp3", wave, 44_100, False, tags, **VBR)
    assert len(counted) == len(wave)
    estimated = ours(path, 44_100)
    assert len(wave) + LAME_DELAY <= len(estimated) <= len(wave) + LAME_DELAY + 2 * 1152
    np.testing.assert_allclose(estimated[LAME_DELAY : LAME_DELAY + len(wave)], counted, atol=1e-6)
    assert abs(soundfile.info(path).frames - len(estimated)) > 44_100  # the estimate is off by seconds


def test_a_long_mp3_is_decoded_in_one_go(tmp_path):
    """Read in blocks, each of which begins with a seek, the sound after the first 262,144 samples was another."""
    path = mp3(tmp_path / "x.mp3", quiet_then_loud(), 44_100, True, **VBR)
    np.testing.assert_allclose(ours(path, 44_100), soundfile.read(path, dtype="float32")[0], atol=2e-5)


def test_an_estimate_does_not_make_an_mp3_too_long(tmp_path, monkeypatch):
    path = mp3(tmp_path / "x.mp3", quiet_then_loud(), 44_100, False, **VBR)
    with av.open(str(path)) as container:
        assert float(container.streams.audio[0].duration * container.streams.audio[0].time_base) > 9
    monkeypatch.setattr("pipeline.media.audio.LONGEST_S", 8.0)
    ours(path)
    monkeypatch.setattr("pipeline.media.audio.LONGEST_S", 6.0)
    with pytest.raises(MediaError, match="^too long: 6 s, at most 6 s$"):
        ours(path)


@pytest.mark.parametrize("place", ["before", "behind", "between"])
def test_what_lies_around_the_frames_of_an_mp3_is_passed_over(tmp_path, place):
    wave = quiet_then_loud(RATE, 3)
    content = mp3(tmp_path / "x.mp3", wave, RATE, False, tags=False, bit_rate=64_000).read_bytes()
    middle, strange = len(content) // 2 // 288 * 288, rng.integers(0, 128, 1999, np.uint8).tobytes()
    put = {
        "before": ID3 + strange + content,
        "behind": content + b"APETAGEX" + strange + b"TAG" + b"x" * 125,
        "between": content[:middle] + strange + content[middle:],
    }
    (tmp_path / "put.mp3").write_bytes(put[place])
    found, whole = ours(tmp_path / "put.mp3"), ours(tmp_path / "x.mp3")
    until = len(whole) if place != "between" else middle // 288 * 576 - 576
    assert abs(len(found) - len(whole)) <= 2 * 576
    np.testing.assert_allclose(found[:until], whole[:until], atol=1e-6)


def test_an_mp3_of_broken_frames_is_no_sound(tmp_path):
    content = mp3(tmp_path / "x.mp3", quiet_then_loud(RATE, 3), RATE, False, tags=False, bit_rate=64_000).read_bytes()
    broken = bytearray(content)
    for start in range(288 * 20, len(broken) - 288, 288):
        broken[start + 4 : start + 288] = b"\xff" * 284
    (tmp_path / "broken.mp3").write_bytes(broken)
    with pytest.raises(MediaError, match="^not sound: most of its frames are broken$"):
        ours(tmp_path / "broken.mp3")
