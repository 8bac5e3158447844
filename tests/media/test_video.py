import numpy as np
import pytest
from PIL import Image

from pipeline.media import MediaError, VideoSpec, limits, video
from pipeline.media.video import decode_video, sample_indices


def test_middles_of_equal_intervals():
    assert sample_indices(16, VideoSpec()) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert sample_indices(300, VideoSpec()) == [18, 55, 93, 130, 168, 205, 243, 280]
    assert sample_indices(8, VideoSpec()) == list(range(8))
    assert sample_indices(3, VideoSpec()) == [0, 1, 2, 2, 2, 2, 2, 2]
    assert sample_indices(1, VideoSpec(frames=2)) == [0, 0]


def test_middles_agree_with_a_search_for_the_frame_in_the_middle():
    for count in range(1, 200):
        taken = sample_indices(count, VideoSpec(frames=8))
        parts = min(8, count)
        for part in range(parts):
            inside = [i for i in range(count) if i >= int(count * part / parts) and i < int(count * (part + 1) / parts)]
            assert taken[part] == inside[(len(inside) - 1) // 2]
        assert taken[parts:] == [taken[parts - 1]] * (8 - parts)


def test_strides_from_the_first_frame():
    stride = VideoSpec(sampler="stride")
    assert sample_indices(17, stride) == [0, 2, 4, 6, 8, 10, 12, 14]
    assert sample_indices(300, stride) == [0, 37, 74, 111, 148, 185, 222, 259]
    assert sample_indices(5, stride) == [0, 1, 2, 3, 4, 4, 4, 4]


@pytest.mark.parametrize("frames", [1, 3, 8, 20, 41])
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi"])
def test_the_frames_chosen_are_the_frames_taken(tmp_path, numbered_video, frames, suffix):
    path = numbered_video(tmp_path / f"x.{suffix}", frames)
    pictures = decode_video(str(path), VideoSpec(size=32))
    assert pictures.shape == (8, 32, 32, 3) and pictures.dtype == np.uint8
    seen = [round((float(picture.mean()) - 20) / 5) for picture in pictures]
    assert seen == sample_indices(frames, VideoSpec())


def test_a_wrong_number_of_frames_in_the_header_is_put_right(tmp_path, numbered_video):
    path = numbered_video(tmp_path / "x.mp4", 20)
    content = bytearray(path.read_bytes())
    sizes = content.index(b"stsz")
    assert int.from_bytes(content[sizes + 12 : sizes + 16]) == 20
    content[sizes + 12 : sizes + 16] = (12).to_bytes(4)
    path.write_bytes(content)
    pictures = decode_video(str(path), VideoSpec(size=32))
    assert len(pictures) == 8


def test_real_videos(shared):
    for name in ("cockatoo.mp4", "realshort.mp4"):
        pictures = decode_video(str(shared / name), VideoSpec())
        assert pictures.shape == (8, 224, 224, 3)
        assert pictures.std() > 20
        assert (np.diff(pictures.astype(int), axis=0) != 0).any(axis=(1, 2, 3)).all()


def write_bad(tmp_path, kind, numbered_video, monkeypatch):
    path = tmp_path / "x.mp4"
    match kind:
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_bytes(b"this is no video\n" * 20)
        case "half":
            content = numbered_video(tmp_path / "good.mp4", 40).read_bytes()
            path.write_bytes(content[: len(content) // 2])
        case "half faststart":
            content = numbered_video(tmp_path / "good.mp4", 40, {"movflags": "faststart"}).read_bytes()
            path.write_bytes(content[: content.index(b"mdat") + (len(content) - content.index(b"mdat")) // 2])
        case "sound":
            import soundfile

            soundfile.write(tmp_path / "x.wav", np.zeros(800), 8000)
            return tmp_path / "x.wav"
        case "image":
            Image.new("RGB", (20, 20)).save(tmp_path / "x.png")
            (tmp_path / "x.png").rename(path)
        case "long":
            monkeypatch.setattr(video, "LONGEST_S", 1.0)
            return numbered_video(path, 30)
        case "large":
            monkeypatch.setattr(limits, "MOST_PIXELS", 64 * 64 - 1)
            return numbered_video(path, 3)
        case "playlist":
            numbered_video(tmp_path / "piece.ts", 20)
            path.write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\npiece.ts\n")
            return path.rename(tmp_path / "x.m3u8")
        case "codec":
            content = numbered_video(tmp_path / "good.avi", 3).read_bytes()
            path.write_bytes(content.replace(b"H264", b"\1\2\3\4"))
        case "many":
            monkeypatch.setattr(video, "MOST_FRAMES", 10)
            return numbered_video(path, 30)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("gone", "no such file"),
        ("empty", "empty file"),
        ("text", "not a video: Invalid data found when processing input (InvalidDataError)"),
        ("half", "truncated"),
        ("half faststart", "truncated"),
        ("sound", "no video stream"),
        ("image", "not a video: a still image"),
        ("long", "too long: 3 s, at most 1 s"),
        ("large", "too large: frames of 64 x 64 pixels, at most 4,095 pixels"),
        ("playlist", "not a video: a container that is not read, e.g. a playlist"),
        ("codec", "not a video: unknown codec"),
        ("many", "too long: more than 10 frames"),
    ],
)
def test_bad_files_have_reasons(tmp_path, numbered_video, monkeypatch, kind, reason):
    with pytest.raises(MediaError) as error:
        decode_video(str(write_bad(tmp_path, kind, numbered_video, monkeypatch)), VideoSpec(size=32))
    assert error.value.reason == reason
