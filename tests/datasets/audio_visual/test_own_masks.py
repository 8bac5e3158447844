"""Own clips with masks: which mask is of which second, windows, what has no mask, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.av.masks import MaskClips, read_mask_clips
from pipeline.datasets.errors import DatasetError
from pipeline.media import VideoSpec
from pipeline.media.mask_spec import MaskSpec
from pipeline.media.masks import decode_mask
from pipeline.media.video import decode_video
from pipeline.miniature.world.video_files import write_mp4
from pipeline.recipe.mask_data import MasksData


def film(path: Path, seconds: float, mark: int = 0, size: tuple[int, int] = (32, 32)) -> Path:
    """A video whose frames, two a second, are as bright as 8 k, with a sound; `mark` makes its bytes its own."""
    shades = np.arange(int(2 * seconds)) * 8
    frames = np.broadcast_to(shades[:, None, None, None], (len(shades), size[1], size[0], 3)).astype(np.uint8)
    tone = 0.1 * np.sin(np.arange(int(16_000 * seconds)) * (0.1 + 0.01 * mark))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_mp4(path, frames, 2, tone.astype(np.float32))
    return path


def mask(path: Path, rows: int, size: tuple[int, int] = (32, 32)) -> Path:
    """A mask with so many rows that sound."""
    pixels = np.zeros((size[1], size[0]), dtype=np.uint8)
    pixels[:rows] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """`clips` with a.mp4 of five seconds and sub/long.mp4 of twelve, `masks` with some of theirs."""
    film(tmp_path / "clips/a.mp4", 5)
    film(tmp_path / "clips/sub/long.mp4", 12, mark=1)
    for second in (1, 3):
        mask(tmp_path / f"masks/a/{second:04d}.png", second)
    for second in (2, 11, 12):
        mask(tmp_path / f"masks/sub/long/{second}.png", second)
    return tmp_path


def read(folder: Path, **options: object) -> MaskClips:
    config = {"layout": "masks", "root": folder / "clips", "masks": folder / "masks", **options}
    return read_mask_clips(MasksData.model_validate(config), folder / "workspace")


def rows(clip) -> list[int | None]:  # type: ignore[no-untyped-def]
    """How many rows of each second's mask sound, None without a mask."""
    return [None if one is None else int(decode_mask(one.path, MaskSpec(32)).sum()) // 32 for one in clip.masks]


def test_a_mask_is_of_the_second_that_its_number_says_from_one(own: Path) -> None:
    found = read(own)
    assert [(clip.name, clip.start_s, rows(clip)) for clip in found.clips] == [
        ("a.mp4", 0.0, [1, None, 3, None, None]),
        ("sub/long.mp4", 0.0, [None, 2, None, None, None]),
        ("sub/long.mp4", 7.0, [None, None, None, 11, 12]),
    ]
    assert found.remarks == ("1 windows of longer clips have no mask and are left out",)
    assert (found.segments, found.segment_s, found.refused, found.strange) == (5, 1.0, (), ())
    third = decode_video(found.clips[0].video.path, VideoSpec(frames=5, size=8))[2].mean()
    assert third == pytest.approx(4 * 8, abs=2)  # a frame of the third second, which holds the fifth and the sixth


def test_windows_begin_with_seconds_and_a_mask_counts_once(tmp_path: Path) -> None:
    """The last window ends with the clip, and shares seconds with the one before."""
    film(tmp_path / "clips/a.mp4", 12.5)
    for second in range(1, 13):
        mask(tmp_path / f"masks/a/{second:02d}.png", second)
    found = read(tmp_path)
    assert [(clip.start_s, rows(clip)) for clip in found.clips] == [
        (0.0, [1, 2, 3, 4, 5]),
        (5.0, [6, 7, 8, 9, 10]),
        (8.0, [None, None, 11, 12, None]),
    ]
    assert found.clips[1].video.path.endswith("#t=5,10") and len({clip.split for clip in found.clips}) == 1
    assert len({clip.key for clip in found.clips}) == len({clip.video.key for clip in found.clips}) == 3


def test_masks_called_as_avsbench_calls_them_do(tmp_path: Path) -> None:
    """What `predict --as masks` writes can be corrected and learned from."""
    film(tmp_path / "clips/a.mp4", 5)
    for second in range(1, 6):
        mask(tmp_path / f"masks/a/a_{second}.png", second)
    assert rows(read(tmp_path).clips[0]) == [1, 2, 3, 4, 5]


def test_masks_of_the_frames_shape_are_used_whatever_their_size(tmp_path: Path) -> None:
    film(tmp_path / "clips/a.mp4", 5, size=(64, 32))
    mask(tmp_path / "masks/a/1.png", 4, size=(128, 64))
    film(tmp_path / "clips/b.mp4", 5, mark=1, size=(64, 32))
    mask(tmp_path / "masks/b/1.png", 4, size=(32, 32))
    found = read(tmp_path)
    assert [clip.name for clip in found.clips] == ["a.mp4"]
    assert found.remarks == ("1 masks have another size than their frames; they are scaled to it",)
    assert [one.reason for one in found.refused] == ["mask 1 of 5, 1.png: 32 x 32 pixels, its frame has 64 x 32"]


def test_what_belongs_to_nothing_is_named(own: Path) -> None:
    film(own / "clips/unmasked.mp4", 5, mark=2)
    (own / "masks/a/notes.txt").write_text("hello")
    mask(own / "masks/a/last.png", 1)
    mask(own / "masks/gone/1.png", 1)
    found = read(own)
    assert found.strange == ("unmasked.mp4", "masks/a/last.png", "masks/a/notes.txt")
    assert found.rejected == ((str(own / "clips/gone.mp4"), "no such file"),)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("masks/a/0000.png", "mask 0000.png: seconds are numbered from 1"),
        ("masks/a/003.png", "two masks of second 3: 0003.png, 003.png"),
        ("masks/a/9.png", "a mask of second 9, but pictures and sound 0.0 to 5.0 s"),
        ("clips/a.mov", "several clips are called so: a.mov, a.mp4"),
    ],
)
def test_what_two_readers_would_read_otherwise_is_refused(own: Path, name: str, reason: str) -> None:
    if name.endswith(".png"):
        mask(own / name, 1)
    else:
        (own / name).write_bytes((own / "clips/a.mp4").read_bytes())
    found = read(own)
    assert [one.reason for one in found.refused] == [reason]
    assert {clip.name for clip in found.clips} == {"sub/long.mp4"}


def test_copies_and_clips_shorter_than_a_window_are_refused(own: Path) -> None:
    (own / "clips/b.mp4").write_bytes((own / "clips/a.mp4").read_bytes())
    mask(own / "masks/b/1.png", 1)
    assert [one.reason for one in read(own).refused] == ["the same bytes as a.mp4"]
    assert [one.reason for one in read(own, segments=8).refused] == ["5.0 s long, a window is 8 s (segments)"] * 2


def test_splits_are_drawn_by_the_clips_bytes(tmp_path: Path) -> None:
    for number in range(8):
        film(tmp_path / f"clips/{number}.mp4", 5, mark=number)
        mask(tmp_path / f"masks/{number}/1.png", 1)
    drawn = {clip.name: clip.split for clip in read(tmp_path).clips}
    assert sorted(drawn.values()) == ["test"] + ["train"] * 6 + ["val"]
    (tmp_path / "clips/0.mp4").rename(tmp_path / "clips/z.mp4")
    (tmp_path / "masks/0").rename(tmp_path / "masks/z")
    again = {clip.name: clip.split for clip in read(tmp_path).clips}
    assert again == {("z.mp4" if name == "0.mp4" else name): split for name, split in drawn.items()}
    assert {clip.name: clip.split for clip in read(tmp_path, seed=3).clips} != again


def test_folders_that_are_not_there_or_empty_are_told(own: Path) -> None:
    with pytest.raises(DatasetError, match=r"there is no folder .*nowhere. Give the folder of the masks: masks: DIR"):
        read(own, masks=own / "nowhere")
    with pytest.raises(DatasetError, match="Give the folder of the clips: root: DIR"):
        read(own, root=own / "nowhere")
    (own / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"holds no mask. Put those of clips/a.mp4 into empty/a"):
        read(own, masks=own / "empty")
