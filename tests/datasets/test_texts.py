import pyarrow as pa
import pyarrow.parquet
import pytest

from pipeline.datasets import DatasetError, MediaRow, read_rows
from pipeline.datasets.texts import MOST_BYTES
from pipeline.recipe.data import CocoData, FolderData, TableData
from stores import text_key

LABELS = ["good", "bad"]


def rows_of(source):
    return [(row.path, row.labels) for row in source.rows]


def test_a_table(tmp_path):
    file = tmp_path / "texts.csv"
    file.write_text('labels,text\ngood,"Fine, ""really""\nfine"\nbad;good, mixed \n007,1\ngood,\n', "utf-8")
    source = read_rows(TableData(layout="table", file=file), "text", LABELS, tmp_path)
    assert source.rows == tuple(
        MediaRow(text_key(text), text, labels)
        for text, labels in [('Fine, "really"\nfine', ("good",)), ("mixed", ("bad", "good")), ("1", ())]
    )
    assert (source.unknown, source.unreadable) == ((("007", 1),), ((f"{file}, row 4", "no text"),))


def test_a_parquet_table_of_lists(tmp_path):
    file = tmp_path / "texts.parquet"
    pyarrow.parquet.write_table(pa.table({"text": ["a b", None], "labels": [["good", "bad"], ["bad"]]}), file)
    source = read_rows(TableData(layout="table", file=file), "text", LABELS, tmp_path)
    assert rows_of(source) == [("a b", ("good", "bad"))]
    assert source.unreadable == ((f"{file}, row 2", "no text"),)


def test_a_folder_of_files(tmp_path):
    root = tmp_path / "texts"
    for name, content in {
        "good/1.txt": "\ufeffNice.\n", "good/sub/2": "Nicer.", "bad/1.md": "Awful.", "bad/big.txt": "x" * (MOST_BYTES + 1),
        "bad/empty.txt": "", "ugly/1.txt": "Left out.",
    }.items():  # fmt: skip
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, "utf-8")
    (root / "good/gone.txt").symlink_to("nowhere")
    source = read_rows(FolderData(layout="folder", root=root), "text", LABELS, tmp_path)
    assert rows_of(source) == [("Awful.", ("bad",)), ("Nice.", ("good",)), ("Nicer.", ("good",))]
    assert source.left_out == ("ugly",)
    assert source.unreadable == (
        (str(root / "bad/big.txt"), "too large for a text: more than 1,000,000 bytes"),
        (str(root / "bad/empty.txt"), "empty file"),
        (str(root / "good/gone.txt"), "no such file"),
    )


def test_what_holds_no_texts_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"layout 'coco' holds (no texts|image)"):
        read_rows(CocoData(layout="coco", root=tmp_path, annotations=tmp_path / "a.json"), "text", LABELS, tmp_path)
    file = tmp_path / "paths.csv"
    file.write_text("path,labels\na.png,good\n")
    with pytest.raises(DatasetError) as error:
        read_rows(TableData(layout="table", file=file), "text", LABELS, tmp_path)
    assert f"{file} has no column 'text'. Found: path, labels. Expected: text,labels with" in str(error.value)
    with pytest.raises(DatasetError, match=r"there is no table .* with columns text,labels"):
        read_rows(TableData(layout="table", file=tmp_path / "gone.csv"), "text", LABELS, tmp_path)
