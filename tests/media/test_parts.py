"""Parts of files by their paths, and folders of pictures in place of a video."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pipeline.media import MediaError, VideoSpec
from pipeline.media.audio import read_wave
from pipeline.media.parts import part_of, part_path
from pipeline.media.video import decode_video
from pipeline.miniature.world.video_files import write_mp4

RATE = 4
SPEC = VideoSpec(frames=4, size=32)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds; frame k is as bright as 10 k, and the sound is a rising tone."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    shades = np.arange(6 * RATE) * 10
    frames = np.broadcast_to(shades[:, None, None, None], (6 * RATE, 32, 32, 3)).astype(np.uint8)
    write_mp4(path, frames, RATE, (0.5 * np.sin(np.arange(6 * 16_000) ** 1.5 / 9000)).astype(np.float32))
    return path


def test_a_path_with_two_times_is_a_part_unless_a_file_is_called_so(tmp_path: Path) -> None:
    assert part_path("a/b.mp4", (10, 20.5)) == "a/b.mp4#t=10,20.5"
    assert part_of("a/b.mp4#t=10,20.5") == ("a/b.mp4", (10.0, 20.5))
    assert part_of("a/b#t=1.mp4") == ("a/b#t=1.mp4", None)
    odd = tmp_path / "odd#t=1,2"
    odd.touch()
    assert part_of(str(odd)) == (str(odd), None)


@pytest.mark.parametrize("start", [0, 1, 2.5, 4])
def test_frames_of_a_part_are_those_of_its_time(film: Path, start: float) -> None:
    whole = decode_video(str(film), VideoSpec(frames=24, size=32)).mean(axis=(1, 2, 3))
    found = decode_video(part_path(str(film), (start, start + 1)), SPEC).mean(axis=(1, 2, 3))
    assert np.array_equal(found, whole[int(start * RATE) : int(start * RATE) + 4])


def test_frames_of_a_part_are_whole_though_pictures_are_refreshed_bit_by_bit(tmp_path: Path) -> None:
    """Column after column in two seconds: what such a file calls a key frame shows the old picture in most of its columns."""
    path, rng = tmp_path / "refreshed.mp4", np.random.default_rng(0)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt, stream.options = "yuv420p", {"x264-params": "intra-refresh=1:keyint=20:bframes=0"}
        for _ in range(200):
            picture = np.repeat(np.repeat(rng.integers(0, 256, (8, 8, 3), np.uint8), 8, 0), 8, 1)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))
    whole = decode_video(str(path), VideoSpec(frames=200, size=32)).astype(int)
    for start in (2, 14, 16):
        found = decode_video(part_path(str(path), (start, start + 1)), VideoSpec(frames=10, size=32))
        assert np.abs(whole[10 * start : 10 * start + 10] - found).max() == 0


def test_frames_of_a_part_need_not_be_decodable_from_a_key_frame(shared: Path) -> None:
    """Of this clip only the first is one, whatever its packets say."""
    whole = decode_video(str(shared / "cockatoo.mp4"), VideoSpec(frames=14, size=32))
    found = decode_video(part_path(str(shared / "cockatoo.mp4"), (12, 14)), VideoSpec(frames=2, size=32))
    assert np.array_equal(found, whole[12:])


def test_sound_of_a_part_is_that_of_its_time(film: Path) -> None:
    whole = read_wave(str(film), 16_000)
    assert np.array_equal(read_wave(part_path(str(film), (2, 3.5)), 16_000), whole[32_000:56_000])
    with pytest.raises(MediaError, match="no samples"):
        read_wave(part_path(str(film), (90, 91)), 16_000)
    with pytest.raises(MediaError, match="no frames"):
        decode_video(part_path(str(film), (90, 91)), SPEC)


def test_a_folder_of_pictures_is_a_video(film: Path, tmp_path: Path) -> None:
    for number in range(1, 13):
        Image.new("RGB", (40, 40), (number * 20,) * 3).save(tmp_path / f"{number:04d}.png")
    (tmp_path / "notes.txt").touch()
    found = decode_video(str(tmp_path), SPEC).mean(axis=(1, 2, 3))
    assert found.tolist() == [40, 100, 160, 220]  # the middle one of each three
    (tmp_path / "0005.png").write_bytes(b"cut")
    with pytest.raises(MediaError, match="not an image"):
        decode_video(str(tmp_path), SPEC)
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    with pytest.raises(MediaError, match="not a file"):
        decode_video(str(tmp_path), SPEC)
