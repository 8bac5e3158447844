"""AVSBench's readers: rows of the list, files where they are published, masks as they are, and nothing lost in silence."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pipeline.datasets.av.masks import MaskClips, read_mask_clips
from pipeline.datasets.av.masks.miniature import miniature_masks_root, undrawn_mask_clips
from pipeline.datasets.av.masks.published import published_masks
from pipeline.datasets.errors import DatasetError
from pipeline.media import VideoSpec
from pipeline.media.mask_spec import MaskSpec
from pipeline.media.masks import decode_mask
from pipeline.media.video import decode_video
from pipeline.recipe.mask_data import AvsMs3Data, AvsS4Data, MiniatureMasksData
from stores import file_key

S4_ROWS = ("a_1,0,dog_barking,train", "b_2,1,dog_barking,test", "c,0,helicopter,val", "d,0,helicopter,train")
WAVE = (0.1 * np.random.default_rng(0).standard_normal(80_000)).astype(np.float32)


def write_clip(frames: list[Path], masks: list[Path], sound: Path, side: int = 24) -> None:
    """Frames as bright as 40 k, masks with k + 1 rows, and five seconds of noise."""
    for number, path in enumerate(frames, 1):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((side, side, 3), 40 * number, dtype=np.uint8)).save(path)
    for number, path in enumerate(masks, 1):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_mask(path, number + 1, side)
    sound.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(sound, WAVE, 16_000)


def write_mask(path: Path, rows: int, side: int = 24, value: int = 255, mode: str = "") -> None:
    pixels = np.zeros((side, side), dtype=np.uint8)
    pixels[:rows] = value
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path)


@pytest.fixture
def s4(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small S4 of some rows."""

    def write(rows: tuple[str, ...] = S4_ROWS, header: str = "name,start,category,split") -> Path:
        data = tmp_path / "avsbench_data/Single-source/s4_data"
        for name, _, category, split in (row.split(",") for row in rows):
            names = [f"{name}_{k}.png" for k in range(1, 6)]
            write_clip(
                [data / "visual_frames" / split / category / name / each for each in names],
                [data / "gt_masks" / split / category / name / each for each in names[: 1 if split == "train" else 5]],
                data / "audio_wav" / split / category / f"{name}.wav",
            )
        (data.parent / "s4_meta_data.csv").write_text("\n".join([header, *rows]) + "\n")
        return data.parents[1]

    return write


def read_s4(root: Path) -> MaskClips:
    return read_mask_clips(AvsS4Data(layout="avsbench-s4", root=root), root.parent / "workspace")


def test_rows_of_single_sources(s4: Callable[..., Path]) -> None:
    root = s4()
    found = read_s4(root)
    assert (found.segments, found.foreground, found.refused, found.notes, found.strange) == (5, "half", (), (), ())
    rows = [(clip.name, clip.category, clip.split, clip.row) for clip in found.clips]
    assert rows == [
        ("a_1", "dog_barking", "train", 0), ("b_2", "dog_barking", "test", 1), ("c", "helicopter", "val", 2),
        ("d", "helicopter", "train", 3),
    ]  # fmt: skip
    data = root / "Single-source/s4_data"
    first, second = found.clips[:2]
    assert first.masks[1:] == (None,) * 4 and first.masks[0] is not None
    masks = [Path(mask.path) for mask in second.masks if mask is not None]
    assert masks == [data / f"gt_masks/test/dog_barking/b_2/b_2_{k}.png" for k in range(1, 6)]
    assert [mask.key for mask in second.masks if mask] == [file_key(path) for path in masks]
    assert Path(second.sound.path) == data / "audio_wav/test/dog_barking/b_2.wav"
    assert second.video.path == str(data / "visual_frames/test/dog_barking/b_2")
    frames = decode_video(second.video.path, VideoSpec(frames=5, size=8))
    assert frames.mean(axis=(1, 2, 3)).tolist() == [40, 80, 120, 160, 200]
    # Frames of all four are the same bytes, and so is the mask of the first second: a row each in the store.
    assert len({clip.video.key for clip in found.clips}) == 1 and len({clip.key for clip in found.clips}) == 4
    assert len(found.masks) == 5
    assert {(one.split, one.label, one.found, one.listed) for one in found.counts} == {
        ("train", "dog_barking", 1, 1), ("train", "helicopter", 1, 1), ("val", "helicopter", 1, 1),
        ("test", "dog_barking", 1, 1),
    }  # fmt: skip


def test_the_folder_of_the_set_itself_does_and_the_first_column_is_the_name(s4: Callable[..., Path]) -> None:
    root = s4(header="video,from,category,split")
    assert len(read_s4(root / "Single-source").clips) == 4


def test_more_masks_of_train_than_are_published_are_not_read(s4: Callable[..., Path]) -> None:
    root = s4()
    folder = root / "Single-source/s4_data/gt_masks/train/dog_barking/a_1"
    (folder / "a_1_2.png").write_bytes(b"broken")
    assert len(read_s4(root).clips) == 4


@pytest.fixture
def ms3(tmp_path: Path) -> Path:
    data = tmp_path / "avsbench_data/Multi-sources/ms3_data"
    rows = [("x", "train"), ("y.z", "val"), ("w", "test")]
    for name, split in rows:
        write_clip(
            [data / "visual_frames" / name / f"{name}.mp4_{k}.png" for k in range(1, 6)],
            [data / "gt_masks" / split / name / f"{name}_{k}.png" for k in range(1, 6)],
            data / "audio_wav" / split / f"{name}.wav",
        )
    (data.parent / "ms3_meta_data.csv").write_text("name,split\n" + "".join(f"{n},{s}\n" for n, s in rows))
    return data.parents[1]


def read_ms3(root: Path) -> MaskClips:
    return read_mask_clips(AvsMs3Data(layout="avsbench-ms3", root=root), root.parent / "workspace")


def test_rows_of_several_sources(ms3: Path) -> None:
    found = read_ms3(ms3)
    assert (found.refused, found.notes, found.foreground, found.counts) == ((), (), "nonzero", ())
    assert [(clip.name, clip.split, clip.category) for clip in found.clips] == [
        ("x", "train", ""), ("y.z", "val", ""), ("w", "test", "")
    ]  # fmt: skip
    assert all(None not in clip.masks for clip in found.clips)
    frames = decode_video(found.clips[1].video.path, VideoSpec(frames=5, size=8))
    assert frames.mean(axis=(1, 2, 3)).tolist() == [40, 80, 120, 160, 200]


def test_masks_of_palettes_and_of_other_values_are_read_by_their_numbers_and_told(ms3: Path) -> None:
    """An empty palette's entry 1 is nearly black; its number is what counts."""
    folder = ms3 / "Multi-sources/ms3_data/gt_masks/train/x"
    write_mask(folder / "x_1.png", 7, mode="P")
    write_mask(folder / "x_2.png", 7, value=1, mode="P")
    write_mask(folder / "x_3.png", 7, value=3)
    found = read_ms3(ms3)
    assert found.remarks == ("1 masks hold other values than 0 and 255; what is not 0 counts as sounding",)
    assert found.notes == found.remarks
    for number in (1, 2, 3):
        mask = found.clips[0].masks[number - 1]
        assert mask is not None and decode_mask(mask.path, MaskSpec(24)).sum() == 7 * 24


def test_of_single_sources_what_is_half_as_bright_or_more_counts(s4: Callable[..., Path]) -> None:
    root = s4()
    folder = root / "Single-source/s4_data/gt_masks/test/dog_barking/b_2"
    for number, value in ((1, 127), (2, 128), (3, 1)):
        write_mask(folder / f"b_2_{number}.png", 6, value=value)
    found = read_s4(root)
    assert found.remarks == (
        "2 masks hold other values than 0 and 255; what is 128 or more counts as sounding",
        "1 masks hold 0 and 1 alone; read as one bit, as these are, they are empty",
    )
    sums = [decode_mask(str(mask.path), MaskSpec(24, "half")).sum() for mask in found.clips[1].masks[:3] if mask]
    assert sums == [0, 6 * 24, 0]


def test_masks_of_another_size_are_scaled_and_those_of_another_shape_reject_their_row(s4: Callable[..., Path]) -> None:
    root = s4()
    folder = root / "Single-source/s4_data/gt_masks"
    write_mask(folder / "test/dog_barking/b_2/b_2_2.png", 12, side=48)
    Image.fromarray(np.zeros((24, 48), dtype=np.uint8)).save(folder / "val/helicopter/c/c_4.png")
    found = read_s4(root)
    assert found.rejected == (
        (
            str(root / "Single-source/s4_data/visual_frames/val/helicopter/c"),
            "mask 4 of 5, c_4.png: 48 x 24 pixels, its frame has 24 x 24",
        ),
    )
    assert found.remarks == ("1 masks have another size than their frames; they are scaled to it",)
    mask = next(clip for clip in found.clips if clip.name == "b_2").masks[1]
    assert mask is not None and decode_mask(mask.path, MaskSpec(24)).sum() == 6 * 24
    assert found.partial("val") == "0 of 1" and "val: 0 of 1 rows can be used" in found.notes


def test_short_sounds_are_told_and_those_of_other_clips_rejected(ms3: Path) -> None:
    sounds = ms3 / "Multi-sources/ms3_data/audio_wav"
    soundfile.write(sounds / "train/x.wav", WAVE[:70_000], 16_000)
    soundfile.write(sounds / "val/y.z.wav", np.tile(WAVE, 2), 16_000)
    found = read_ms3(ms3)
    assert [one.reason for one in found.refused] == ["sound 0.0 to 10.0 s, but its masks are of 5 s"]
    assert found.remarks == ("1 clips have less sound than 5 seconds; their last second is heard early",)


def test_frames_that_are_too_few_or_too_many_reject_their_row(ms3: Path) -> None:
    """All pictures of a folder are read, in the order of their names, so one more would move the others."""
    frames = ms3 / "Multi-sources/ms3_data/visual_frames"
    (frames / "x/x.mp4_3.png").unlink()
    (frames / "w/w.mp4_0.png").write_bytes((frames / "w/w.mp4_1.png").read_bytes())
    (frames / "of nobody").mkdir()
    found = read_ms3(ms3)
    assert [one.reason for one in found.refused] == [
        "4 of 5 frames; x.mp4_3.png is not there",
        "6 pictures, 5 frames expected: w.mp4_1.png to w.mp4_5.png",
    ]
    assert found.strange == ("of nobody",)


def test_a_name_in_two_splits_is_told(s4: Callable[..., Path]) -> None:
    root = s4((*S4_ROWS, "a_1,0,dog_barking,test"))
    found = read_s4(root)
    assert [(leak.name, leak.rows) for leak in found.leaks] == [("a_1", (("train", 0), ("test", 4)))]
    assert "1 videos of test are also in train: a_1" in found.notes


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ((), "has no row"),
        (("a,0,dog,dev",), "line 2: expected a name and a split of train, val, test, found 'a' and 'dev'"),
        ((",0,dog,train",), "line 2: expected a name"),
    ],
)
def test_lists_that_say_something_else_are_refused(s4: Callable[..., Path], rows: tuple[str, ...], told: str) -> None:
    root = s4()
    (root / "Single-source/s4_meta_data.csv").write_text("\n".join(["name,start,category,split", *rows]) + "\n")
    with pytest.raises(DatasetError, match=told):
        read_s4(root)


def test_a_wrong_root_is_told_with_both_trees(s4: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"it lacks Multi-sources/ms3_meta_data.csv") as error:
        read_ms3(s4())
    assert "visual_frames/NAME/NAME.mp4_1.png" in str(error.value) and "Single-source/" in str(error.value)
    with pytest.raises(DatasetError, match="there is no folder"):
        read_s4(tmp_path / "nowhere")


def test_what_was_learned_of_masks_is_remembered(s4: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    root = s4()
    first = read_s4(root)
    monkeypatch.setattr("pipeline.datasets.av.masks.looks.decode_many", _nothing_is_read)
    assert read_s4(root) == first


def _nothing_is_read(paths: list[str], *args: object, **named: object) -> object:
    raise AssertionError(paths)


@pytest.mark.parametrize("form", ["s4", "ms3"])
def test_the_miniatures_clips_are_those_that_its_plan_counts(form: str, tmp_path: Path) -> None:
    config = MiniatureMasksData.model_validate({"layout": "miniature", "form": form, "train": 8, "val": 2, "test": 4})
    planned, found = undrawn_mask_clips(config, tmp_path), read_mask_clips(config, tmp_path)
    assert miniature_masks_root(config, tmp_path).is_dir()
    assert [(c.name, c.split, c.row) for c in planned.clips] == [(c.name, c.split, c.row) for c in found.clips]
    assert [[m is None for m in c.masks] for c in planned.clips] == [[m is None for m in c.masks] for c in found.clips]
    assert (planned.foreground, planned.segments) == (found.foreground, found.segments)
    assert found.refused == found.notes == found.strange == ()
    assert [clip.video.key for clip in found.clips[:2]] == [found.clips[0].video.key] * 2  # twins


def test_published_rows() -> None:
    single = published_masks(AvsS4Data(layout="avsbench-s4", root=Path("nowhere")))
    several = published_masks(AvsMs3Data(layout="avsbench-ms3", root=Path("nowhere")))
    assert [len(single.of(split)) for split in ("train", "val", "test")] == [3452, 740, 740]
    assert [len(several.of(split)) for split in ("train", "val", "test")] == [296, 64, 64]
    assert len(single.masks) == 3452 + 2 * 740 * 5 and len(several.masks) == 424 * 5
    assert len({clip.video.key for clip in single.clips}) == 4932 == len({clip.key for clip in single.clips})
