import av
import numpy as np
import pytest
import soundfile
import soxr

from pipeline.media import AudioSpec, MediaError, audio
from pipeline.media.audio import decode_audio, window

rng = np.random.default_rng(0)
SECOND = AudioSpec(sampling_rate=8000, seconds=1.0)


def test_a_window_is_repeated_padded_or_centred():
    short = np.array([1.0, 2.0, 3.0], np.float32)
    np.testing.assert_array_equal(window(short, 8), [1, 2, 3, 1, 2, 3, 0, 0])
    np.testing.assert_array_equal(window(short, 3), short)
    np.testing.assert_array_equal(window(np.arange(9, dtype=np.float32), 4), [2, 3, 4, 5])
    np.testing.assert_array_equal(window(np.arange(9, dtype=np.float32), 8), np.arange(8))


@pytest.mark.parametrize(("seconds", "copies"), [(5.0, 2), (4.0, 2), (10.0, 1), (3.0, 3), (9.0, 1)])
def test_windows_of_short_clips_are_transformers_repeatpad(seconds, copies):
    clip = rng.normal(0, 0.1, int(8000 * seconds)).astype(np.float32)
    out = window(clip, 80_000)
    np.testing.assert_array_equal(out[: copies * len(clip)], np.concatenate([clip] * copies))
    assert out.shape == (80_000,) and out.dtype == np.float32
    assert (out[copies * len(clip) :] == 0).all()


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_channels_are_averaged_and_the_rate_is_changed(tmp_path, suffix):
    stereo = rng.uniform(-0.5, 0.5, (16_000, 2)).astype(np.float32)
    path = tmp_path / f"x.{suffix}"
    soundfile.write(path, stereo, 16_000, subtype="PCM_24")
    wanted = soxr.resample(stereo.mean(axis=1), 16_000, 8000)
    np.testing.assert_allclose(decode_audio(str(path), SECOND), wanted, atol=1e-6)


def write_tone(path, codec, rate=16_000, seconds=1.0):
    wave = (0.3 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)).astype(np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=1024)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            for packet in stream.encode(piece):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path


@pytest.mark.parametrize(("suffix", "codec"), [("m4a", "aac"), ("mp4", "aac"), ("mp3", "libmp3lame"), ("mkv", "aac")])
def test_compressed_sound_is_the_sound(tmp_path, suffix, codec):
    wave = decode_audio(str(write_tone(tmp_path / f"x.{suffix}", codec)), SECOND)
    spectrum = np.abs(np.fft.rfft(wave[2000:6000]))
    assert np.argmax(spectrum) == 220  # 440 Hz in half a second
    np.testing.assert_allclose(np.abs(wave[2000:6000]).max(), 0.3, atol=0.02)


def test_real_sounds(shared):
    wave = decode_audio(str(shared / "vggsound_FwVYUHKoLtQ_000034.wav"), AudioSpec())
    assert wave.shape == (480_000,) and wave.dtype == np.float32
    raw, rate = soundfile.read(shared / "vggsound_FwVYUHKoLtQ_000034.wav", dtype="float32")
    resampled = soxr.resample(raw, rate, 48_000)
    start = (len(resampled) - 480_000) // 2
    np.testing.assert_allclose(wave, resampled[start : start + 480_000], atol=1e-6)
    film = decode_audio(str(shared / "realshort.mp4"), AudioSpec())
    assert film.shape == (480_000,) and film.std() > 1e-3


def write_bad(tmp_path, kind, numbered_video, monkeypatch):
    good = tmp_path / "good"
    noise = rng.normal(0, 0.1, 16_000).astype(np.float32)
    for suffix in ("wav", "flac"):
        soundfile.write(f"{good}.{suffix}", noise, 16_000)
    path = tmp_path / "x.wav"
    match kind:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_bytes(b"this is no sound\n" * 20)
        case "half wav" | "half flac":
            content = (tmp_path / f"good.{kind[5:]}").read_bytes()
            path.write_bytes(content[: len(content) // 2])
        case "no samples":
            soundfile.write(path, np.zeros(0, np.float32), 16_000)
        case "not finite":
            soundfile.write(path, np.array([0.0, np.nan], np.float32), 16_000, subtype="FLOAT")
        case "too loud":
            soundfile.write(path, np.array([0.5, -3e20], np.float32), 16_000, subtype="FLOAT")
        case "flac by name":
            path = tmp_path / "x.flac"
            path.write_bytes(b"this is no sound\n" * 20)
        case "slow":
            soundfile.write(path, noise, 1)
        case "silent film":
            return numbered_video(tmp_path / "x.mp4", 5)
        case "half mp4":
            content = write_tone(tmp_path / "good.m4a", "aac").read_bytes()
            path.write_bytes(content[: len(content) // 2])
        case "long" | "long mp4":
            monkeypatch.setattr(audio, "LONGEST_S", 0.5)
            if kind == "long mp4":
                return write_tone(tmp_path / "x.m4a", "aac")
            soundfile.write(path, noise, 16_000)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("gone", "no such file"),
        ("empty", "empty file"),
        ("text", "not sound: Invalid data found when processing input (InvalidDataError)"),
        ("half wav", "truncated"),
        ("half flac", "truncated"),
        ("half mp4", "truncated"),
        ("no samples", "no samples"),
        ("not finite", "not sound: samples are not finite"),
        ("too loud", "not sound: samples up to 3e+20, at most 32768"),
        ("silent film", "no audio stream"),
        ("flac by name", "not sound: a header without rate or channels"),
        ("slow", "too long: 16000 s, at most 1200 s"),
        ("long", "too long: 1 s, at most 0 s"),
        ("long mp4", "too long: 1 s, at most 0 s"),
    ],
)
def test_bad_files_have_reasons(tmp_path, numbered_video, monkeypatch, kind, reason):
    with pytest.raises(MediaError) as error:
        decode_audio(str(write_bad(tmp_path, kind, numbered_video, monkeypatch)), SECOND)
    assert error.value.reason == reason


def test_whole_numbers_as_floats_are_no_fault(tmp_path):
    soundfile.write(tmp_path / "x.wav", np.full(8000, -32768, np.float32), 8000, subtype="FLOAT")
    wave = decode_audio(str(tmp_path / "x.wav"), SECOND)
    assert np.isfinite(wave.astype(np.float16)).all() and np.abs(wave).max() >= 32_000


def test_a_header_that_a_streaming_writer_left_open_is_no_fault(tmp_path):
    soundfile.write(tmp_path / "x.wav", rng.normal(0, 0.1, 8000).astype(np.float32), 8000)
    content = bytearray((tmp_path / "x.wav").read_bytes())
    content[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "x.wav").write_bytes(content)
    assert decode_audio(str(tmp_path / "x.wav"), SECOND).std() > 0.05
