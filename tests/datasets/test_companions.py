"""What lies beside media in folders: companions are passed over and counted, strange files named, all that decodes is taken."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pipeline.datasets import DatasetError, read_rows
from pipeline.datasets.aside import Aside, Tally, summary
from pipeline.datasets.read import Source
from pipeline.recipe.data import AnyData, FolderData, TableData
from pipeline.tasks.sentences.new_labels import labels_in

LABELS = ["circle", "square"]


def read(config: AnyData, tmp_path: Path, modality: str = "image", labels: list[str] = LABELS) -> Source:
    return read_rows(config, modality, labels, tmp_path / "workspace")


def names(source: Source, root: Path) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(Path(row.path).relative_to(root)), row.labels) for row in source.rows]


def told(source: Source) -> list[tuple[str, str, int]]:
    return [(aside.what, aside.reason, aside.count) for aside in source.aside]


def picture(path: Path, shade: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), (shade, 90, 200)).save(path, "PNG")


def test_a_flat_folder_of_all_suffixes(cases: Path, tmp_path: Path) -> None:
    source = read(FolderData(layout="folder", root=cases / "flatimg"), tmp_path)
    assert names(source, cases / "flatimg") == [
        ("circle_01.avif", ("circle",)), ("circle_02.heic", ("circle",)), ("circle_03.jfif", ("circle",)),
        ("circle_04.jp2", ("circle",)), ("circle_05.JPG", ("circle",)), ("circle_06.webp", ("circle",)),
        ("square_01.jpg", ("square",)),
    ]  # fmt: skip
    assert source.aside == ()


def test_pictures_with_captions_beside_them(cases: Path, tmp_path: Path) -> None:
    source = read(FolderData(layout="folder", root=cases / "img2dataset"), tmp_path)
    assert [labels for _, labels in names(source, cases / "img2dataset")] == [("circle",)] * 4 + [("square",)] * 4
    assert {Path(row.path).suffix for row in source.rows} == {".jpg", ".png"}
    assert told(source) == [("passed over", ".json", 8), ("passed over", ".txt", 8)]
    assert source.unreadable == ()
    assert summary(source.aside) == "16 passed over (8 .json, 8 .txt)"


COMPANIONS = (
    "a.txt a.json a.info.json a.en.vtt a.srt b.png.part desktop.ini Thumbs.db .DS_Store ._a.png README README.md readme.TXT "
    "LICENSE notes.md a.npy a.xmp a.csv a.xml backup~"
).split()


def test_every_known_companion_is_passed_over(tmp_path: Path) -> None:
    root = tmp_path / "media"
    picture(root / "circle/a.png")
    for name in COMPANIONS:
        (root / "circle" / name).write_text(f"about {name}")
        (root / name).write_text(f"about {name}")
    picture(root / "circle/@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg")  # a file server's thumbnail of it
    source = read(FolderData(layout="folder", root=root), tmp_path)
    assert names(source, root) == [("circle/a.png", ("circle",))]
    assert {aside.what for aside in source.aside} == {"passed over"}
    assert sum(aside.count for aside in source.aside) == 2 * len(COMPANIONS) + 1


def test_folders_that_systems_leave_are_no_classes(tmp_path: Path) -> None:
    root = tmp_path / "media"
    for name in ("circle", "square", "@eaDir", "__MACOSX", "lost+found"):
        picture(root / name / "a.png", len(name))
    assert labels_in(root, "image") == ["circle", "square"]
    source = read(FolderData(layout="folder", root=root), tmp_path, labels=["circle", "square", "lost+found"])
    assert names(source, root) == [("circle/a.png", ("circle",)), ("square/a.png", ("square",))]
    assert told(source) == [("passed over", "folder left by systems", 3)]


@pytest.mark.parametrize(("first", "second"), [("circle", "Circle"), ("CIRCLE", "Circle"), ("circle", "cir\u00adcle")])
def test_two_folders_that_would_be_one_class_are_refused(tmp_path: Path, first: str, second: str) -> None:
    for name in (first, second, "square"):
        picture(tmp_path / "media" / name / "a.png", len(name))
    with pytest.raises(DatasetError, match="both are the class 'circle' but for letter case"):
        read(FolderData(layout="folder", root=tmp_path / "media"), tmp_path)
    both = read(FolderData(layout="folder", root=tmp_path / "media"), tmp_path, labels=[first, second, "square"])
    assert sorted(labels for row in both.rows for labels in row.labels) == sorted([first, second, "square"])


def test_two_folders_that_spell_one_class_alike_are_one(tmp_path: Path) -> None:
    for number, name in enumerate(("snow_leopard", "snow leopard", "caf\u00e9", "cafe\u0301")):
        picture(tmp_path / "media" / name / "a.png", number)
    source = read(FolderData(layout="folder", root=tmp_path / "media"), tmp_path, labels=["snow leopard", "caf\u00e9"])
    assert [row.labels for row in source.rows] == [("caf\u00e9",)] * 2 + [("snow leopard",)] * 2


def test_nothing_to_judge_is_an_error_that_tells_what_is_there(tmp_path: Path) -> None:
    root = tmp_path / "media"
    for name in ("circle", "square"):
        (root / name).mkdir(parents=True)
    (root / "circle/a.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"holds no image of the run's classes.*Found: 1 passed over \(1 \.json\)"):
        read(FolderData(layout="folder", root=root), tmp_path)
    (tmp_path / "media.csv").write_text("path,labels\n")
    with pytest.raises(DatasetError, match=r"media\.csv holds no image .*Found: nothing"):
        read(TableData(layout="table", file=tmp_path / "media.csv"), tmp_path)
    (tmp_path / "texts.csv").write_text("text,labels\n")
    with pytest.raises(DatasetError, match=r"texts\.csv holds no text "):
        read(TableData(layout="table", file=tmp_path / "texts.csv"), tmp_path, "text")


def test_flat_folders_and_folders_of_classes_agree(tmp_path: Path) -> None:
    flat, deep = tmp_path / "flat", tmp_path / "deep"
    for root, prefix in ((flat, "circle_"), (deep, "circle/")):
        picture(root / f"{prefix}1.png")
        picture(root / f"{prefix}2", 1)  # content tells
        picture(root / f"{prefix}3.xyz", 2)
        picture(root / f"{prefix}4.mp4", 3)
        (root / f"{prefix}5.xyz").write_text("what is it")
        (root / f"{prefix}6").write_text("what is it")
        soundfile.write(root / f"{prefix}7.wav", np.zeros(400), 8000)
        (root / f"{prefix}8.json").write_text("{}")
        (root / f"{prefix}9.png").write_text("says that it is a picture")
    for root in (flat, deep):
        source = read(FolderData(layout="folder", root=root), tmp_path)
        assert [str(Path(row.path).relative_to(root))[7:] for row in source.rows] == [
            "1.png",
            "2",
            "3.xyz",
            "4.mp4",
            "9.png",
        ]
        assert told(source) == [
            ("passed over", ".json", 1), ("strange", "a sound", 1), ("strange", "no known format (.xyz)", 1),
            ("strange", "no known format (no suffix)", 1),
        ]  # fmt: skip
        assert "3 strange (1 a sound: " in summary(source.aside)


@pytest.mark.parametrize("modality", ["image", "video"])
def test_a_gif_is_what_is_asked_for(tmp_path: Path, modality: str) -> None:
    for root, name in ((tmp_path / "flat", "circle_1.gif"), (tmp_path / "deep", "circle/1.gif")):
        (root / name).parent.mkdir(parents=True)
        frames = [Image.new("RGB", (8, 8), (30 * i, 0, 0)) for i in range(3)]
        frames[0].save(root / name, save_all=True, append_images=frames[1:])
        assert names(read(FolderData(layout="folder", root=root), tmp_path, modality), root) == [(name, ("circle",))]
    (tmp_path / "deep/square").mkdir()
    soundfile.write(tmp_path / "deep/square/1.wav", np.zeros(400), 8000)
    heard = read(FolderData(layout="folder", root=tmp_path / "deep"), tmp_path, "audio")
    assert names(heard, tmp_path / "deep") == [("square/1.wav", ("square",))] and told(heard) == [
        ("strange", "an image", 1)
    ]


def test_videos_are_heard_where_no_sound_of_their_name_lies_beside_them(shared: Path, tmp_path: Path) -> None:
    root = tmp_path / "media"
    root.mkdir()
    for name in ("circle_1.mp4", "circle_2.mp4"):
        shutil.copy(shared / "cockatoo.mp4", root / name)
    soundfile.write(root / "circle_1.wav", np.zeros(400), 8000)
    source = read(FolderData(layout="folder", root=root), tmp_path, "audio")
    assert names(source, root) == [("circle_1.wav", ("circle",)), ("circle_2.mp4", ("circle",))]
    assert told(source) == [("passed over", ".mp4 beside audio of the same name", 1)]


def test_files_named_for_no_class_are_counted(tmp_path: Path) -> None:
    for name in ("circle_1.png", "moon.png", "moon_2.png"):
        picture(tmp_path / "media" / name, len(name))
    assert told(read(FolderData(layout="folder", root=tmp_path / "media"), tmp_path)) == [
        ("unlabelled", "named for no class", 2)
    ]


def test_texts_keep_their_files(tmp_path: Path) -> None:
    root = tmp_path / "media"
    (root / "circle").mkdir(parents=True)
    for name in ("1.txt", "2.json", "3", "README.md", "desktop.ini", "4.md"):
        (root / "circle" / name).write_text(f"a text called {name}")
    source = read(FolderData(layout="folder", root=root), tmp_path, "text")
    assert [row.path.rsplit(" ", 1)[1] for row in source.rows] == ["1.txt", "2.json", "3", "4.md"]
    assert told(source) == [("passed over", "about the data", 1), ("passed over", "desktop.ini", 1)]


def test_what_is_no_file_stays_a_row_and_is_told_as_unreadable(tmp_path: Path) -> None:
    root = tmp_path / "media"
    picture(root / "circle/1.png")
    os.mkfifo(root / "circle/pipe")
    (root / "circle/gone").symlink_to("nowhere")
    source = read(FolderData(layout="folder", root=root), tmp_path)
    assert [Path(path).name for path, _ in source.unreadable] == ["gone", "pipe"] and source.aside == ()


class TestTables:
    def test_absent_files_and_files_without_labels_are_counted_each_by_itself(self, tmp_path: Path) -> None:
        for name in ("1.png", "2.png", "3.png"):
            picture(tmp_path / name, int(name[0]))
        (tmp_path / "t.csv").write_text(
            "path,labels\n1.png,circle\n2.png,\n3.png,moon\ngone.png,circle\n,circle\ngone2.png,\n"
        )
        source = read(TableData(layout="table", file=tmp_path / "t.csv"), tmp_path)
        assert names(source, tmp_path) == [("1.png", ("circle",)), ("2.png", ()), ("3.png", ())]
        assert told(source) == [
            ("absent", "No such file or directory", 2), ("unlabelled", "labels that are no class of the run", 1),
            ("unlabelled", "no label", 1),
        ]  # fmt: skip
        assert source.unreadable == (
            (str(tmp_path / "gone.png"), "No such file or directory"),
            (str(tmp_path / "gone2.png"), "No such file or directory"),
            (f"{tmp_path}/t.csv, row 5", "no path in this row"),
        )
        assert source.unknown == (("moon", 1),)

    def test_paths_of_windows(self, tmp_path: Path) -> None:
        for name in ("a/b/1.png", "a/b\\2.png"):  # the second has a backslash in its name
            picture(tmp_path / name, len(name))
        (tmp_path / "t.csv").write_text(
            "path,labels\na\\b\\1.png,circle\na/b\\2.png,circle\na\\gone.png,\nC:\\data\\1.png,\n"
        )
        source = read(TableData(layout="table", file=tmp_path / "t.csv"), tmp_path)
        assert names(source, tmp_path) == [("a/b/1.png", ("circle",)), ("a/b\\2.png", ("circle",))]
        reasons = [reason for _, reason in source.unreadable]
        assert reasons == [
            "No such file or directory",
            "No such file or directory: the path begins at a drive of Windows; write it from the folder of the list",
        ]

    def test_accents_that_are_composed_in_the_table_and_not_on_the_disk(self, tmp_path: Path) -> None:
        picture(tmp_path / "Ka\u0308fer/1.png")
        (tmp_path / "t.csv").write_text("path,labels\nK\u00e4fer/1.png,circle\nK\u00e4fer\\1.png,square\n", "utf-8")
        source = read(TableData(layout="table", file=tmp_path / "t.csv"), tmp_path)
        assert [labels for _, labels in names(source, tmp_path)] == [("circle",), ("square",)]

    def test_a_suffix_in_capitals(self, tmp_path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        picture(tmp_path / "1.png")
        pq.write_table(pa.table({"path": ["1.png"], "labels": ["circle"]}), tmp_path / "T.PARQUET")
        source = read(TableData(layout="table", file=tmp_path / "T.PARQUET"), tmp_path)
        assert names(source, tmp_path) == [("1.png", ("circle",))]


def test_a_tally_keeps_three_examples_and_orders_by_kind_and_number() -> None:
    tally = Tally()
    for number in range(5):
        tally.add("strange", "a sound", f"/d/{number}.wav")
    tally.add("passed over", ".txt", "/d/a.txt")
    assert tally.told() == (
        Aside("passed over", ".txt", 1, ("/d/a.txt",)),
        Aside("strange", "a sound", 5, ("/d/0.wav", "/d/1.wav", "/d/2.wav")),
    )
    assert summary(tally.told()) == "1 passed over (1 .txt), 5 strange (5 a sound: 0.wav, 1.wav, 2.wav, …)"
