"""The miniature's motions: one is the other's time reverse, drawn alike, in UCF101's own folders and lists."""

from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.open_video import read_sets
from pipeline.datasets.open_video.halves import halves_of
from pipeline.datasets.ucf101 import read_ucf101
from pipeline.miniature.world.reversals import (
    BASE_CLASSES,
    FRAMES,
    NOVEL_CLASSES,
    PAIRS,
    REVERSAL_CLASSES,
    render_reversal,
    sample_reversal,
)
from pipeline.miniature.world.reversals_files import write_reversals
from pipeline.recipe.data import Ucf101Data
from pipeline.recipe.video_data import Halves, MiniatureVideos, PartsOfVideos, Ucf101Videos
from pipeline.sources.sampling import clip_indices
from pipeline.sources.view_specs import VideoViewsSpec

NAMES = tuple("abcdefghi")


def frames_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize("pair", PAIRS)
def test_a_motion_is_the_other_played_backwards(pair: tuple[str, str]) -> None:
    first, second = (render_reversal(sample_reversal(np.random.default_rng(4), label)) for label in pair)
    np.testing.assert_array_equal(first, second[::-1])
    assert (first != second).any()


def test_what_moves_moves_as_its_name_says() -> None:
    def places(label: str) -> np.ndarray:
        return sample_reversal(np.random.default_rng(2), label).places

    moved = {label: places(label)[-1] - places(label)[0] for label in REVERSAL_CLASSES}
    assert moved["sliding left"][0] < -0.3 < 0.3 < moved["sliding right"][0]
    assert moved["rising"][1] < -0.3 < 0.3 < moved["falling"][1]  # y grows downwards
    assert moved["growing"][2] > 0.05 > -0.05 > moved["shrinking"][2]
    assert moved["turning clockwise"][3] > 1 > -1 > moved["turning counterclockwise"][3]


def test_frames_are_stored_without_loss_and_four_of_them_know_no_beginning(tmp_path: Path) -> None:
    root = write_reversals(tmp_path / "world", 3, {"train": 2, "test": 1})
    path = root / "UCF-101/Rising/v_Rising_g01_c02.avi"
    rng = np.random.default_rng([3, 7006, 0, 1 + REVERSAL_CLASSES.index("rising"), 1])
    np.testing.assert_array_equal(frames_of(path), render_reversal(sample_reversal(rng, "rising")))
    chosen = clip_indices(FRAMES, VideoViewsSpec(frames=4, stride=4, clips=1, crops=1))
    np.testing.assert_array_equal(chosen, FRAMES - 1 - chosen[:, ::-1])


def test_the_layout_is_that_of_ucf101(tmp_path: Path) -> None:
    root = write_reversals(tmp_path / "world", 3, {"train": 2, "test": 1})
    found = {
        split: list(read_ucf101(Ucf101Data(layout="ucf101", root=root, split=split)))
        for split in ("train01", "test01", "all")
    }
    assert [len(found[split]) for split in found] == [16, 8, 24]
    assert found["test01"][0] == (root / "UCF-101/SlidingLeft/v_SlidingLeft_g02_c01.avi", ("SlidingLeft",))
    assert all(path.is_file() for path, _ in found["all"])
    lines = (root / "ucfTrainTestlist/trainlist01.txt").read_text().splitlines()
    assert lines[2] == "SlidingRight/v_SlidingRight_g01_c01.avi 2"
    assert (root / "ucfTrainTestlist/classInd.txt").read_text().splitlines()[7] == "8 TurningCounterclockwise"
    before = {path: path.read_bytes() for path in root.rglob("*.avi")}
    again = write_reversals(tmp_path / "again", 3, {"train": 2, "test": 1})
    assert all((again / path.relative_to(root)).read_bytes() == content for path, content in before.items())


def test_base_clips_are_learned_and_both_halves_are_judged_among_their_own(tmp_path: Path) -> None:
    config = MiniatureVideos(layout="miniature", seed=3, train_per_class=2, test_per_class=1)
    planned = read_sets(config, tmp_path, draw=False)
    assert not (tmp_path / "media").exists()
    found = read_sets(config, tmp_path)
    assert found.learn.classes == BASE_CLASSES and found.judged["novel"].classes == NOVEL_CLASSES
    assert {row.labels[0] for row in found.learn.rows} == set(BASE_CLASSES) and len(found.learn.rows) == 8
    assert found.judged["novel"].labels == (0, 1, 2, 3) and not found.drawn
    assert len(planned.learn.rows) == 8
    assert [row.path for row in planned.judged["novel"].rows] == [row.path for row in found.judged["novel"].rows]
    assert not {row.key for row in found.learn.rows} & {row.key for row in found.judged["base"].rows}


def test_missing_clips_are_rejected_and_nothing_stands_in_for_them(tmp_path: Path) -> None:
    root = write_reversals(tmp_path / "world", 3, {"train": 2, "test": 2})
    gone = root / "UCF-101/Falling/v_Falling_g02_c01.avi"
    gone.unlink()
    part = {"layout": "ucf101", "root": root}
    config = PartsOfVideos(
        layout="parts", labels=REVERSAL_CLASSES, base=BASE_CLASSES, learn={**part, "split": "train01"},
        judge={**part, "split": "test01"},
    )  # fmt: skip
    found = read_sets(config, tmp_path / "w")
    novel = found.judged["novel"]
    assert (len(novel.rows), novel.listed, [path for path, _ in novel.rejected]) == (7, 8, [str(gone)])
    assert found.judged["base"].rejected == () and novel.classes == NOVEL_CLASSES


def test_published_ucf101_has_101_classes_in_drawn_halves(tmp_path: Path) -> None:
    folder = tmp_path / "UCF-101/ApplyEyeMakeup"
    folder.mkdir(parents=True)
    (folder / "v_ApplyEyeMakeup_g08_c01.avi").write_bytes(b"one")
    (folder / "v_ApplyEyeMakeup_g01_c01.avi").write_bytes(b"two")
    lists = tmp_path / "ucfTrainTestlist"
    lists.mkdir()
    (lists / "trainlist02.txt").write_text("ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\n")
    (lists / "testlist02.txt").write_text(
        "ApplyEyeMakeup/v_ApplyEyeMakeup_g01_c01.avi\nArchery/v_Archery_g01_c01.avi\n"
    )
    config = Ucf101Videos(layout="ucf101", root=tmp_path, division=2, base=("apply eye makeup",))
    found = read_sets(config, tmp_path / "w")
    assert (len(found.learn.rows), len(found.judged["base"].rows), found.judged["novel"].listed) == (1, 1, 1)
    assert len(found.judged["novel"].classes) == 100


def test_drawn_halves_are_a_function_of_draw_and_name() -> None:
    base, novel = halves_of(Halves(), NAMES)
    assert len(base) == 5 and sorted(base + novel) == list(NAMES)
    backwards = halves_of(Halves(), NAMES[::-1])
    assert (set(backwards[0]), set(backwards[1])) == (set(base), set(novel))
    assert len({halves_of(Halves(draw=draw), NAMES)[0] for draw in range(6)}) > 1


def test_lists_say_the_halves_and_may_be_files(tmp_path: Path) -> None:
    (tmp_path / "novel.txt").write_text("c\na\n")
    config = Halves(novel=str(tmp_path / "novel.txt"))
    assert halves_of(config, NAMES) == (tuple("bdefghi"), ("a", "c"))
    assert halves_of(Halves(base=("b",), novel=("i", "c")), NAMES) == (("b",), ("c", "i"))
    for wrong, told in (
        ({"base": ("z",)}, "no class of the data set: 'z'"), ({"base": ("a", "b"), "novel": ("b",)}, "in base and in novel"),
        ({"base": NAMES}, "novel has no class"),
    ):  # fmt: skip
        with pytest.raises(DatasetError, match=told):
            halves_of(Halves(**wrong), NAMES)
