"""Media as it lies on disk: every layout, with the untidiness of real folders, and the memory of file keys."""

import io
import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.datasets import DatasetError, read_rows
from pipeline.datasets.file_keys import FileKeys
from pipeline.datasets.folder import class_name, read_folder
from pipeline.datasets.read import Config, Source
from pipeline.recipe.data import CocoData, FolderData, TableData
from stores import file_key
from stores.sealed import unsealed

LABELS = ["cat", "golden retriever", "T-shirt"]


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"content of {name}")


def read(config: Config, root: Path, labels: list[str] = LABELS) -> Source:
    return read_rows(config, "image", labels, root / "workspace")


def found(source: Source, root: Path) -> list[tuple[str, tuple[str, ...]]]:
    assert all(row.key == file_key(row.path) for row in source.rows)
    return [(str(Path(row.path).relative_to(root)), row.labels) for row in source.rows]


def test_folders_named_for_classes(tmp_path: Path) -> None:
    root = tmp_path / "media"
    put(root, "cat/1.png", "cat/deep/er/2.png", "Golden-Retriever/3.png", "t_shirt/4.png", "sofa/5.png")
    put(root, "cat/.DS_Store", "cat/.ipynb_checkpoints/1-checkpoint.png", "cat/Thumbs.db", ".git/cat/6.png", "7.png")
    source = read(FolderData(layout="folder", root=root), tmp_path)
    assert found(source, root) == [
        ("Golden-Retriever/3.png", ("golden retriever",)),
        ("cat/1.png", ("cat",)),
        ("cat/deep/er/2.png", ("cat",)),
        ("t_shirt/4.png", ("T-shirt",)),
    ]
    assert source.unreadable == ()
    assert [(aside.what, aside.reason, aside.count) for aside in source.aside] == [
        ("passed over", "Thumbs.db", 1), ("passed over", "hidden", 1), ("strange", "beside the folders of the classes", 1),
    ]  # fmt: skip


def test_what_cannot_be_opened_is_told_and_not_fatal(tmp_path: Path) -> None:
    root = tmp_path / "media"
    put(root, "cat/1.png")
    (root / "cat" / "broken.png").symlink_to("nowhere.png")
    (root / "cat" / "endless.png").symlink_to("/dev/zero")
    os.mkfifo(root / "cat" / "pipe.png")
    source = read(FolderData(layout="folder", root=root), tmp_path)
    assert found(source, root) == [("cat/1.png", ("cat",))]
    assert source.unreadable == (
        (str(root / "cat/broken.png"), "No such file or directory"),
        (str(root / "cat/endless.png"), "not a regular file"),
        (str(root / "cat/pipe.png"), "not a regular file"),
    )


def test_a_flat_folder_of_named_files(tmp_path: Path) -> None:
    root = tmp_path / "media"
    put(root, "n01498041_golden_retriever.JPEG", "cat-02.png", "cat (3).gif", "sofa.png", "list.txt", ".cat.png")
    assert found(read(FolderData(layout="folder", root=root), tmp_path), root) == [
        ("cat (3).gif", ("cat",)),
        ("cat-02.png", ("cat",)),
        ("n01498041_golden_retriever.JPEG", ("golden retriever",)),
        ("sofa.png", ()),
    ]
    assert class_name(Path("n02099429_curly-coated_retriever.JPEG")) == "curly-coated retriever"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            ["sofa/1.png", "table/2.png"],
            "none of the 2 sub-folders of {root} is named for a class. Found: sofa, table. "
            "Classes: cat, golden retriever, T-shirt. Rename the folders, or list their names under 'labels'.",
        ),
        (
            ["a.txt"],
            "{root} holds neither sub-folders named for classes nor image files (.jpg, .png, .webp, .avif, .tif, .bmp, .jp2, "
            ".ppm, .mpo, .ico, .pcx, .gif, .avifs; docs/formats.md has all). Found: a.txt. Expected: media/<class name>/<file>",
        ),
        (["../media.txt"], "{root} does not exist. Give a folder: data: {{layout: folder, root: DIR}}"),
    ],
)
def test_folders_that_hold_no_such_layout(tmp_path: Path, names: list[str], told: str) -> None:
    root = tmp_path / "media"
    put(root, *names) if names[0][0] != "." else None
    with pytest.raises(DatasetError) as caught:
        read(FolderData(layout="folder", root=root), tmp_path)
    assert str(caught.value) == "data: " + told.format(root=root)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    put(tmp_path, "media")
    with pytest.raises(DatasetError, match="media is a file. Give a folder"):
        list(read_folder(tmp_path / "media", "image", LABELS))


def test_many_folders_are_told_in_short(tmp_path: Path) -> None:
    put(tmp_path, *(f"class{number:02}/x.png" for number in range(20)))
    with pytest.raises(DatasetError, match=r"Found: class00, .*class05, … \(20 in all\)\. Classes"):
        list(read_folder(tmp_path, "image", LABELS))


def test_tables(tmp_path: Path) -> None:
    put(tmp_path, "media/1.png", "media/2.png", "media/3.png", "media/4.png")
    (tmp_path / "t.csv").write_text(
        "labels,score,path\ncat; golden retriever ,1,media/1.png\n,2,media/2.png\nsofa;cat,3,media/3.png\n007,4,gone.png\n"
    )
    rows = [("media/1.png", ["cat", "golden retriever"]), ("media/2.png", None), ("media/3.png", ["sofa", "cat"])]
    paths, labels = zip(*rows, strict=True)
    pq.write_table(pa.table({"path": paths, "labels": labels}), tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        source = read(TableData(layout="table", file=tmp_path / name), tmp_path)
        assert found(source, tmp_path) == [
            ("media/1.png", ("cat", "golden retriever")),
            ("media/2.png", ()),
            ("media/3.png", ("cat",)),
        ]
        assert source.unreadable == (
            ((str(tmp_path / "gone.png"), "No such file or directory"),) if name == "t.csv" else ()
        )


def test_classes_named_by_digits_stay_as_written(tmp_path: Path) -> None:
    put(tmp_path, "1.png", "2.png")
    (tmp_path / "t.csv").write_text("path,labels\n1.png,0\n2.png,007\n")
    source = read(TableData(layout="table", file=tmp_path / "t.csv"), tmp_path, ["0", "007"])
    assert [row.labels for row in source.rows] == [("0",), ("007",)]
    pq.write_table(pa.table({"path": ["1.png", "2.png"], "labels": [[0], [7, 8]]}), tmp_path / "t.parquet")
    source = read(TableData(layout="table", file=tmp_path / "t.parquet"), tmp_path, ["0", "7"])
    assert [row.labels for row in source.rows] == [("0",), ("7",)]


def parquet_of_bytes(value: bytes) -> bytes:
    """A table whose texts are these bytes; pyarrow itself takes them as they are."""
    column = pa.array([value], pa.binary()).view(pa.string())
    out = io.BytesIO()
    pq.write_table(pa.table({"path": column, "labels": column}), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (
            "gone.csv",
            None,
            "data: there is no table .*gone.csv. Give a .csv or .parquet file with columns path,labels.",
        ),
        ("t.csv", b"file,class\na,b\n", "has no column 'path' and 'labels'. Found: file, class. Expected: path,labels"),
        ("t.csv", b"", "cannot be read as a table: Empty CSV file"),
        ("t.csv", b"path,labels\n\xff\xfe,x\n", "cannot be read as a table: .*UTF8"),
        ("t.csv", b"path,labels\na,b,c\n", "cannot be read as a table: .*Expected 2 columns, got 3"),
        ("t.parquet", parquet_of_bytes(b"\xff"), "holds text that is not UTF-8"),
        ("t.parquet", b"path,labels\n", "cannot be read as a table: .*Expected CSV or Parquet."),
    ],
)
def test_tables_that_are_none(tmp_path: Path, name: str, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=told):
        read(TableData(layout="table", file=tmp_path / name), tmp_path)


COCO = {
    "categories": [{"id": 9, "name": "golden retriever"}, {"id": 3, "name": "cat"}, {"id": 4, "name": "sofa"}],
    "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}, {"id": 5, "file_name": "c.jpg"}],
    "annotations": [
        {"image_id": 1, "category_id": 3},
        {"image_id": 1, "category_id": 9},
        {"image_id": 1, "category_id": 3},
        {"image_id": 5, "category_id": 4},
    ],
}


def test_coco(tmp_path: Path) -> None:
    put(tmp_path, "images/a.jpg", "images/b.jpg")
    (tmp_path / "instances.json").write_text(json.dumps(COCO))
    config = CocoData(layout="coco", root=tmp_path / "images", annotations=tmp_path / "instances.json")
    source = read(config, tmp_path)
    assert found(source, tmp_path) == [("images/a.jpg", ("golden retriever", "cat")), ("images/b.jpg", ())]
    assert source.unreadable == ((str(tmp_path / "images/c.jpg"), "No such file or directory"),)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "cannot be read as COCO annotations: Expecting property name.*layout: coco, root: FOLDER_OF_IMAGES"),
        ("[]", "lacks images, annotations, categories; a COCO instances file has images, annotations, categories."),
        (
            json.dumps(COCO | {"images": [{"id": 1}]}),
            "is no COCO instances file: an entry lacks or garbles 'file_name'",
        ),
        (json.dumps(COCO | {"annotations": 3}), "is no COCO instances file: .*annotations with image_id"),
        (
            json.dumps(COCO | {"annotations": [{"image_id": 1, "category_id": 99}]}),
            "contradicts itself: an annotation of image 1 has category_id 99, which is no id of a category",
        ),
        (
            json.dumps(COCO | {"annotations": [{"image_id": "1", "category_id": 3}]}),
            "contradicts itself: image_id '1' of an annotation and the id of its image are a text and a number",
        ),
        (
            json.dumps(COCO | {"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]}),
            "contradicts itself: of 2 images only 1 have an id of their own",
        ),
        (
            json.dumps(COCO | {"categories": [*COCO["categories"], {"id": 3, "name": "twice"}]}),
            "contradicts itself: of [0-9]+ categories only [0-9]+ have an id of their own",
        ),
        (
            json.dumps(COCO | {"categories": [{"id": 3, "name": None}], "annotations": []}),
            "contradicts itself: category 3 has no name",
        ),
    ],
)
def test_files_that_are_no_coco(tmp_path: Path, content: str, told: str) -> None:
    (tmp_path / "i.json").write_text(content)
    with pytest.raises(DatasetError, match=told):
        read(CocoData(layout="coco", root=tmp_path, annotations=tmp_path / "i.json"), tmp_path)


def test_the_same_content_in_two_places_is_one_key(tmp_path: Path) -> None:
    put(tmp_path / "media", "cat/1.png")
    (tmp_path / "media/cat/copy.png").write_bytes((tmp_path / "media/cat/1.png").read_bytes())
    rows = read(FolderData(layout="folder", root=tmp_path / "media"), tmp_path).rows
    assert len(rows) == 2 and len({row.key for row in rows}) == 1


class TestFileKeys:
    def test_a_known_file_is_not_read_again(self, tmp_path: Path) -> None:
        path, memory = tmp_path / "a", tmp_path / "cache" / "keys.json"
        path.write_text("one")
        keys = FileKeys(memory)
        first = keys.key(path)
        keys.save()
        state = path.stat()
        path.write_text("two")  # same size; with the old time of change nobody can tell
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert FileKeys(memory).key(path) == first
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
        assert FileKeys(memory).key(path) == file_key(path) != first

    @pytest.mark.parametrize(
        "damage",
        [
            *(None, b"", b"[1]", b"3", b'{"a": ', b"\xff", b'{"a": 3}', b'{"a": [1, 2]}', b'{"a": [1, 2, "zz"]}'),
            *(b'{"a": [1, 2, 3]}', b'{"a": ["1", 2, "' + b"a" * 32 + b'"]}', b"[" * 100_000, b'{"checksum": "a"}'),
        ],
    )
    def test_the_memory_may_be_lost(self, tmp_path: Path, damage: bytes | None) -> None:
        path, memory = tmp_path / "a", tmp_path / "keys.json"
        path.write_text("one")
        keys = FileKeys(memory)
        keys.key(path)
        keys.save()
        memory.unlink() if damage is None else memory.write_bytes(damage)
        again = FileKeys(memory)
        assert again.key(path) == file_key(path)
        again.save()
        assert list(unsealed(memory.read_bytes())) == [str(path)]

    def test_two_runs_do_not_forget_each_other(self, tmp_path: Path) -> None:
        for name in "ab":
            (tmp_path / name).write_text(name)
        one, two = FileKeys(tmp_path / "keys.json"), FileKeys(tmp_path / "keys.json")
        one.key(tmp_path / "a")
        two.key(tmp_path / "b")
        one.save()
        two.save()
        assert set(unsealed((tmp_path / "keys.json").read_bytes())) == {str(tmp_path / "a"), str(tmp_path / "b")}

    def test_nothing_learned_writes_nothing(self, tmp_path: Path) -> None:
        FileKeys(tmp_path / "cache" / "keys.json").save()
        assert not (tmp_path / "cache").exists()
