"""Own clips with events: the table, the label tracks, windows, labels and splits, by worked examples."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.av import AvClips, read_clips
from pipeline.datasets.av.windows import TimedEvent, hashed_splits, window_labels, window_starts
from pipeline.datasets.errors import DatasetError
from pipeline.media import VideoSpec
from pipeline.media.audio import read_wave
from pipeline.media.video import decode_video
from pipeline.miniature.world.video_files import write_mp4
from pipeline.recipe.av_data import EventsData


def film(path: Path, seconds: int, mark: int = 0) -> Path:
    """A video whose frames, two a second, are as bright as 8 k, with a sound; `mark` makes its bytes its own."""
    shades = np.arange(2 * seconds) * 8
    frames = np.broadcast_to(shades[:, None, None, None], (2 * seconds, 32, 32, 3)).astype(np.uint8)
    tone = 0.1 * np.sin(np.arange(16_000 * seconds) * (0.1 + 0.01 * mark))
    write_mp4(path, frames, 2, tone.astype(np.float32))
    return path


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    root = tmp_path / "clips"
    root.mkdir()
    film(root / "ten.mp4", 10)
    film(root / "long.mp4", 25)
    film(root / "quiet.mp4", 10, mark=1)
    film(root / "short.mp4", 6)
    return root


TABLE = """file,label,start_s,end_s
ten.mp4,dog,2,4
ten.mp4,door bell,7.4,9.2
long.mp4,dog,8,13
quiet.mp4,,,
short.mp4,dog,0,1
"""


def read(root: Path, table: str | None, **options: object) -> AvClips:
    events = root.parent / "events.csv"
    if table is not None:
        events.write_text(table)
    config = {"layout": "events", "root": root, "events": events, **options}
    return read_clips(EventsData.model_validate(config), root.parent / "workspace")


def test_a_table_of_events(clips: Path) -> None:
    found = read(clips, TABLE)
    assert found.classes == ("dog", "door bell") and found.segments == 10
    rows = [(clip.name, clip.start_s, clip.labels) for clip in found.clips]
    assert rows == [
        ("ten.mp4", 0.0, (2, 2, 0, 0, 2, 2, 2, 1, 1, 2)),
        ("long.mp4", 0.0, (2,) * 8 + (0, 0)),
        ("long.mp4", 10.0, (0, 0, 0) + (2,) * 7),
        ("long.mp4", pytest.approx(15, abs=0.1), (2,) * 10),
        ("quiet.mp4", 0.0, (2,) * 10),
    ]
    assert [(one.path, one.reason) for one in found.refused] == [
        (str(clips / "short.mp4"), "6.0 s long, a window is 10 s (segments, segment_s)")
    ]
    assert found.strange == ()


def test_a_window_is_read_from_its_part_of_the_file(clips: Path) -> None:
    second = read(clips, TABLE).clips[2]
    assert second.video.path == f"{clips / 'long.mp4'}#t=10,20"
    frames = decode_video(second.video.path, VideoSpec(frames=10, size=32)).mean(axis=(1, 2, 3))
    whole = decode_video(str(clips / "long.mp4"), VideoSpec(frames=50, size=32)).mean(axis=(1, 2, 3))
    assert np.array_equal(frames, whole[20:40:2])
    assert np.array_equal(
        read_wave(second.sound.path, 16_000), read_wave(str(clips / "long.mp4"), 16_000)[160_000:320_000]
    )
    first, other = read(clips, TABLE).clips[1:3]
    assert first.split == other.split and first.video.key != other.video.key and first.key != other.key


def test_splits_are_drawn_by_the_files_bytes_or_given(clips: Path) -> None:
    drawn = {clip.name: clip.split for clip in read(clips, TABLE).clips}
    assert sorted(drawn.values()) == ["test", "train", "val"]
    (clips / "ten.mp4").rename(clips / "other.mp4")
    again = {clip.name: clip.split for clip in read(clips, TABLE.replace("ten.mp4", "other.mp4")).clips}
    assert again["other.mp4"] == drawn["ten.mp4"] and again["quiet.mp4"] == drawn["quiet.mp4"]
    given = "file,label,start_s,end_s,split\nother.mp4,dog,1,2,val\nlong.mp4,dog,0,1,test\nquiet.mp4,,,,test\n"
    assert {clip.name: clip.split for clip in read(clips, given).clips} == {
        "other.mp4": "val", "long.mp4": "test", "quiet.mp4": "test"
    }  # fmt: skip


def test_label_tracks_of_audacity(clips: Path, tmp_path: Path) -> None:
    tracks = tmp_path / "tracks"
    tracks.mkdir()
    (tracks / "ten.txt").write_text("2.000000\t4.000000\tdog\n\\\t200.0\t900.0\n7.400000\t9.200000\tdoor bell\n")
    (tracks / "quiet.txt").write_text("")
    (tracks / "gone.txt").write_text("0\t1\tdog\n")
    found = read(clips, None, events=tracks)
    assert {clip.name: clip.labels for clip in found.clips} == {
        "ten.mp4": (2, 2, 0, 0, 2, 2, 2, 1, 1, 2), "quiet.mp4": (2,) * 10
    }  # fmt: skip
    assert found.rejected == ((str(clips / "gone.mp4"), "no such file"),)
    assert found.strange == ("long.mp4", "short.mp4")
    (tracks / "ten.txt").write_text("2.0 4.0 dog\n")
    with pytest.raises(DatasetError, match="ten.txt, line 1: expected start, end and label divided by tabs"):
        read(clips, None, events=tracks)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ten.mp4,dog,4,2", "line 2: an event has a label and two times in seconds"),
        ("ten.mp4,dog,nan,2", "line 2: an event has"),
        ("ten.mp4,,1,2", "line 2: an event has"),
        ("ten.mp4,dog,-1,2", "line 2: an event has"),
        (",dog,1,2", "line 2: no file is named"),
        ("quiet.mp4,,,", "has no event"),
    ],
)
def test_tables_that_say_nothing_are_refused(clips: Path, line: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read(clips, f"file,label,start_s,end_s\n{line}\n")


def test_splits_that_are_none_or_two_are_refused(clips: Path) -> None:
    head = "file,label,start_s,end_s,split\n"
    with pytest.raises(DatasetError, match="the split 'dev' is none of train, val, test"):
        read(clips, f"{head}ten.mp4,dog,1,2,dev\n")
    with pytest.raises(DatasetError, match="ten.mp4 is in train above and in val here"):
        read(clips, f"{head}ten.mp4,dog,1,2,train\nten.mp4,dog,3,4,val\n")


def test_events_that_a_file_cannot_have_reject_it(clips: Path) -> None:
    """They were written down of another file."""
    found = read(clips, "file,label,start_s,end_s\nten.mp4,dog,12,14\nquiet.mp4,dog,9,10.4\n")
    assert [clip.name for clip in found.clips] == ["quiet.mp4"]
    assert found.rejected[0][1].startswith("an event from 12 to 14 s, but pictures and sound 0.0 to 10.0 s")


@pytest.mark.parametrize(
    ("length", "starts"),
    [
        (10.0, (0.0,)), (10.4, (0.0,)), (9.6, (0.0,)), (9.4, ()), (0.0, ()), (20.0, (0.0, 10.0)), (20.5, (0.0, 10.0)),
        (25.0, (0.0, 10.0, 15.0)), (11.0, (0.0, 1.0)), (19.6, (0.0, 10.0)),
    ],
)  # fmt: skip
def test_windows_follow_each_other_and_the_last_ends_with_the_clip(length: float, starts: tuple[float, ...]) -> None:
    assert window_starts(length, 10, 1.0) == starts


@pytest.mark.parametrize(
    ("events", "labels"),
    [
        ([("a", 0, 2)], "aa..."),
        ([("a", 0.4, 2.6)], "aaa.."),
        ([("a", 0.6, 2.4)], ".a..."),
        ([("a", 1.3, 1.5)], ".a..."),  # short, and not lost
        ([("a", 1.9, 2.1)], ".aa.."),  # half of it in each
        ([("a", 3.2, 3.2)], "...a."),  # a moment
        ([("a", 0, 3), ("b", 1.4, 2)], "aaa.."),
        ([("a", 0, 3), ("b", 1, 2)], "aaa.."),  # as long: the first class
        ([("a", 0, 1.3), ("b", 1.3, 2)], "ab..."),
        ([("a", -3, -1), ("a", 9, 12)], "....."),  # before and after the window
    ],
)
def test_a_segment_has_the_class_that_fills_most_of_it(events: list[tuple[str, float, float]], labels: str) -> None:
    timed = [TimedEvent(*event) for event in events]
    assert window_labels(timed, ("a", "b"), 0.0, 5, 1.0) == tuple("ab.".index(letter) for letter in labels)
    later = [TimedEvent(event.label, event.start_s + 30, event.end_s + 30) for event in timed]
    assert window_labels(later, ("a", "b"), 30.0, 5, 1.0) == tuple("ab.".index(letter) for letter in labels)


def test_hashed_splits_have_their_shares_and_hardly_move() -> None:
    keys = [f"{number:032x}" for number in range(200)]
    splits = hashed_splits(keys, 0)
    counts = [list(splits.values()).count(split) for split in ("train", "val", "test")]
    assert counts == [140, 30, 30]
    more = hashed_splits([*keys, "f" * 32], 0)
    assert sum(more[key] != splits[key] for key in keys) <= 2
    assert hashed_splits(keys, 1) != splits
    assert sorted(hashed_splits(keys[:3], 0).values()) == ["test", "train", "val"]
    assert set(hashed_splits(keys[:2], 0).values()) == {"train"}
