"""AVE's reader: rows by number, media by id, labels and splits from either form, and nothing lost in silence."""

import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile
from PIL import Image

from pipeline.datasets.av import AvClips, read_clips
from pipeline.datasets.av.annotations import read_annotations, rebuilt_labels
from pipeline.datasets.errors import DatasetError
from pipeline.media import VideoSpec
from pipeline.media.audio import read_wave
from pipeline.media.video import decode_video
from pipeline.miniature.world.events_files import write_events
from pipeline.recipe.av_data import AveData, MiniatureEventsData
from stores import file_key
from stores.fingerprint import check_keys

ROWS = (
    "Church bell&idA&good&0&10", "Male speech, man speaking&idB&good&2&5", "Bark&idA&good&0&0", "Bark&idC&good&9&10",
    "Church bell&idD&good&3&10", "Bark&idB&good&0&4",
)  # fmt: skip
HEADER = "Category&VideoID&Quality&StartTime&EndTime"
SPLITS = {"train": (0, 1, 3), "val": (2,), "test": (4, 5)}


@pytest.fixture(scope="session")
def clip_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip of ten seconds with pictures and sound."""
    root = write_events(tmp_path_factory.mktemp("clip") / "world", 2, {"train": 8, "val": 1, "test": 1})
    return root / "AVE" / "val000000.mp4"


@pytest.fixture
def ave(tmp_path: Path, clip_file: Path) -> Callable[..., Path]:
    """Writes a small AVE: files, with a line of names or not, splits as text or as HDF5."""

    def write(header: bool = False, h5: bool = False, ids: str = "ABCD", rows: tuple[str, ...] = ROWS) -> Path:
        root = tmp_path / "AVE_Dataset"
        (root / "AVE").mkdir(parents=True)
        for name in ids:
            (root / "AVE" / f"id{name}.mp4").write_bytes(clip_file.read_bytes() + name.encode())
        (root / "Annotations.txt").write_text("\n".join(([HEADER] if header else []) + list(rows)) + "\n")
        for split, numbers in SPLITS.items():
            if h5:
                with h5py.File(root / f"{split}_order.h5", "w") as file:
                    file["order"] = np.array(numbers)
            else:
                (root / f"{split}Set.txt").write_text("\n".join(rows[number] for number in numbers) + "\n")
        return root

    return write


def read(root: Path, **options: object) -> AvClips:
    return read_clips(AveData.model_validate({"layout": "ave", "root": root, **options}), root.parent / "workspace")


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("h5", [False, True])
def test_rows_labels_and_splits_are_the_same_in_either_form(ave: Callable[..., Path], header: bool, h5: bool) -> None:
    found = read(ave(header, h5))
    assert found.classes == ("Church bell", "Male speech, man speaking", "Bark") and found.segments == 10
    assert [clip.row for clip in found.clips] == [0, 1, 2, 3, 4, 5]
    assert [clip.split for clip in found.clips] == ["train", "train", "val", "train", "test", "test"]
    assert [clip.labels for clip in found.clips] == [
        (0,) * 10,
        (3, 3, 1, 1, 1, 3, 3, 3, 3, 3),
        (3,) * 10,  # start and end are one moment: background all along
        (3,) * 9 + (2,),
        (3,) * 3 + (0,) * 7,
        (2,) * 4 + (3,) * 6,
    ]
    assert found.rejected == () and not any(found.partial(split) for split in ("train", "val", "test"))


def test_rows_have_keys_of_their_own_and_media_those_of_their_bytes(ave: Callable[..., Path]) -> None:
    root = ave()
    clips = read(root).clips
    check_keys([clip.key for clip in clips] + [clip.video.key for clip in clips])
    assert len({clip.key for clip in clips}) == 6 and clips[0].video == clips[0].sound
    assert clips[0].video.key == clips[2].video.key == file_key(root / "AVE/idA.mp4")
    assert clips[0].video.labels == ("Church bell",) and clips[2].video.labels == ()
    assert clips[1].name == "idB" and clips[1].video.path == str(root / "AVE/idB.mp4")


def test_labels_h5_counts_where_it_is(ave: Callable[..., Path]) -> None:
    root = ave()
    labels = np.random.default_rng(0).integers(0, 4, (6, 10))
    with h5py.File(root / "labels.h5", "w") as file:
        file["avadataset"] = np.eye(4)[labels]
    assert [clip.labels for clip in read(root).clips] == [tuple(row) for row in labels.tolist()]
    with h5py.File(root / "labels.h5", "w") as file:
        file["avadataset"] = np.eye(4)[labels[:5]]
    with pytest.raises(DatasetError, match=r"shape \(5, 10, 4\); the list beside it has 6 rows and 3 classes"):
        read(root)
    (root / "labels.h5").write_bytes(b"no HDF5")
    with pytest.raises(DatasetError, match="cannot be read as an HDF5 file with 'avadataset'"):
        read(root)


def test_labels_are_rebuilt_from_the_start_to_before_the_end(tmp_path: Path) -> None:
    """As the published labels_closs.h5 marks seconds."""
    (tmp_path / "list.txt").write_text("Bark&x&good&1&3\nBark&y&good&0&10\n")
    rows = read_annotations(tmp_path / "list.txt")
    assert rebuilt_labels(rows, ("Bark",)).tolist() == [[1, 0, 0, 1, 1, 1, 1, 1, 1, 1], [0] * 10]


def test_a_missing_or_broken_video_is_a_rejected_row_and_never_replaced(ave: Callable[..., Path]) -> None:
    root = ave(ids="ABD")
    (root / "AVE/idD.mp4").write_text("no video")
    found = read(root)
    assert [clip.row for clip in found.clips] == [0, 1, 2, 5]
    assert [(one.row, one.split) for one in found.refused] == [(3, "train"), (4, "test")]
    reasons = dict(found.rejected)
    assert reasons[str(root / "AVE/idC.mp4")] == "no such file"
    assert reasons[str(root / "AVE/idD.mp4")].startswith("not a video")
    assert found.partial("train") == "2 of 3" and found.partial("test") == "1 of 2" and found.partial("val") == ""
    assert "train: 2 of 3 rows can be used" in found.notes
    assert "Bark, train: 0 of 1 rows" in found.notes and "Church bell, test: 0 of 1 rows" in found.notes


def test_leaking_videos_are_named_and_left_out_if_asked(ave: Callable[..., Path]) -> None:
    root = ave()
    found = read(root)
    assert [leak.name for leak in found.leaks] == ["idA", "idB"]
    assert found.leaks[0].rows == (("train", 0), ("val", 2)) and found.leaks[1].rows == (("train", 1), ("test", 5))
    assert "1 videos of val are also in train: idA" in found.notes
    assert "1 videos of test are also in train: idB" in found.notes
    apart = read(root, disjoint=True)
    assert [clip.row for clip in apart.clips] == [2, 3, 4, 5] and apart.left_out == ("row 0: idA", "row 1: idB")
    assert apart.partial("train") == "" and not {c.name for c in apart.of("train")} & {
        c.name for c in apart.of("val", "test")
    }


def test_ids_that_lead_out_and_files_of_no_row_are_told(ave: Callable[..., Path]) -> None:
    root = ave(rows=(*ROWS[:3], "Bark&../../secret&good&0&4", *ROWS[4:]))
    found = read(root)
    assert [(one.row, "leads out of" in one.reason) for one in found.refused] == [(3, True)]
    assert found.strange == ("idC.mp4",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: (root / "valSet.txt").unlink(), "has no splits"),
        (
            lambda root: (root / "testSet.txt").write_text("Bark&idZ&good&0&1\n"),
            "names idZ .* which the list of all rows has not",
        ),
        (lambda root: (root / "valSet.txt").write_text(ROWS[0] + "\n"), "names idA"),
        (
            lambda root: (root / "Annotations.txt").write_text("\n".join((*ROWS, "Bark&idA&good&0")) + "\n"),
            "line 7: expected",
        ),
        (lambda root: shutil.rmtree(root / "AVE"), "lacks AVE"),
        (lambda root: (root / "Annotations.txt").unlink(), "lacks Annotations.txt"),
    ],
)
def test_lists_that_contradict_each_other_are_refused(
    ave: Callable[..., Path], change: Callable[[Path], None], message: str
) -> None:
    root = ave()
    change(root)
    with pytest.raises(DatasetError, match=message):
        read(root)


def test_files_are_looked_at_once_and_remembered(
    ave: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    root = ave(ids="ABD")
    (root / "AVE/idD.mp4").write_text("no video")
    first = read(root)
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.datasets.file_keys.key_of", lambda path: pytest.fail(f"{path} was hashed again"))
        patch.setattr(
            "pipeline.datasets.av.spans._looked", lambda path, kind: pytest.fail(f"{path} was looked at again")
        )
        assert read(root) == first and len(first.refused) == 2
    (root.parent / "workspace/cache/clip-spans.json").write_text("damaged")
    assert read(root) == first and "the memory of clips" in caplog.text
    (root / "AVE/idD.mp4").write_bytes((root / "AVE/idA.mp4").read_bytes())
    assert len(read(root).refused) == 1  # another file is looked at


def test_clips_of_the_miniature_world_are_read_by_the_same_reader(tmp_path: Path) -> None:
    config = MiniatureEventsData(layout="miniature", seed=2, train=8, val=1, test=1)
    found = read_clips(config, tmp_path)
    assert [len(found.of(split)) for split in ("train", "val", "test")] == [8, 1, 1]
    assert found.classes[0] == "circle with bell" and found.background == 8 and found.rejected == () == found.notes
    with h5py.File(Path(found.clips[0].video.path).parents[1] / "labels.h5") as file:
        assert [list(clip.labels) for clip in found.clips] == file["avadataset"][()].argmax(axis=2).tolist()
    assert read_clips(config, tmp_path) == found


def test_lavishs_folders_are_read_as_frames_and_sound(ave: Callable[..., Path], clip_file: Path) -> None:
    root = ave()
    shutil.rmtree(root / "AVE")
    wave = read_wave(str(clip_file), 16_000)[:160_000]
    (root / "raw_audio").mkdir()
    for name in "ABCD":
        (root / "video_frames" / f"id{name}").mkdir(parents=True)
        for number in range(1, 11):
            shade = (10 * number, 100, "ABCD".index(name))
            Image.new("RGB", (24, 24), shade).save(root / "video_frames" / f"id{name}" / f"{number:04d}.png")
        soundfile.write(root / "raw_audio" / f"id{name}.wav", wave, 16_000)
    shutil.rmtree(root / "video_frames/idC")
    soundfile.write(root / "raw_audio/idD.wav", wave[:32_000], 16_000)
    found = read(root)
    assert [clip.row for clip in found.clips] == [0, 1, 2, 5]
    assert [one.reason for one in found.refused] == [
        "No such file or directory", "sound 0.0 to 2.0 s, but its labels are of 10 s"
    ]  # fmt: skip
    first = found.clips[0]
    assert first.video.key != first.sound.key and first.video.key == found.clips[2].video.key
    assert first.video.key != found.clips[1].video.key
    frames = decode_video(first.video.path, VideoSpec(frames=10, size=8))
    assert frames[:, 0, 0, 0].tolist() == [10 * number for number in range(1, 11)]
    assert len(read_wave(first.sound.path, 16_000)) == 160_000
    with pytest.raises(DatasetError, match="lacks AVE"):
        read(root, media="videos")


def test_an_id_longer_than_names_may_be_is_a_row_that_cannot_be_used(ave: Callable[..., Path]) -> None:
    """The system refuses even to look for such a folder."""
    root = ave(rows=(*ROWS[:5], f"Bark&{'a' * 300}&good&0&4"))
    shutil.rmtree(root / "AVE")
    (root / "video_frames").mkdir()
    (root / "raw_audio").mkdir()
    found = read(root)
    assert found.clips == () and len(found.refused) == 6
    assert {one.reason for one in found.refused} == {"No such file or directory"}


def test_pictures_of_a_folder_that_cannot_be_read_reject_its_rows(ave: Callable[..., Path], clip_file: Path) -> None:
    root = ave()
    shutil.rmtree(root / "AVE")
    (root / "raw_audio").mkdir()
    for name in "ABCD":
        (root / "video_frames" / f"id{name}").mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(root / "video_frames" / f"id{name}" / "0001.png")
        soundfile.write(root / "raw_audio" / f"id{name}.wav", read_wave(str(clip_file), 16_000)[:160_000], 16_000)
    (root / "video_frames/idB/0002.png").mkdir()
    (root / "video_frames/idC/0002.png").symlink_to("nowhere.png")
    found = read(root)
    assert [clip.row for clip in found.clips] == [0, 2, 4]
    assert {(one.row, one.reason) for one in found.refused} == {
        (1, "0002.png: a folder, not a file"), (5, "0002.png: a folder, not a file"),
        (3, "0002.png: No such file or directory"),
    }  # fmt: skip
