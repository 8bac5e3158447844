"""Tables as other programs write them: text as bytes, empty places in lists, columns that come twice, zero bytes in paths."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.datasets import DatasetError, read_rows
from pipeline.datasets.read import Source
from pipeline.recipe.data import TableData


def read(file: Path) -> Source:
    for number in range(2):
        (file.parent / f"{number}.jpg").write_bytes(b"picture %d" % number)
    return read_rows(TableData(layout="table", file=file), "image", ["cat", "dog"], file.parent / "workspace")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([b"cat", b"dog;cat"], [("cat",), ("dog", "cat")]),
        ([[b"cat"], [b"dog", b"cat"]], [("cat",), ("dog", "cat")]),
        ([["cat", None], None], [("cat",), ()]),
    ],
)
def test_bytes_are_text_and_nothing_is_no_label(
    tmp_path: Path, labels: list[object], expected: list[tuple[str, ...]]
) -> None:
    table = pa.table({"path": [b"0.jpg", b"1.jpg"], "labels": labels})
    parquet.write_table(table, tmp_path / "media.parquet")
    source = read(tmp_path / "media.parquet")
    assert [row.labels for row in source.rows] == expected
    assert source.unknown == () and source.unreadable == ()


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"path": [b"\xff.jpg"], "labels": ["cat"]}), tmp_path / "media.parquet")
    with pytest.raises(DatasetError, match="holds text that is not UTF-8"):
        read(tmp_path / "media.parquet")


@pytest.mark.parametrize(("head", "twice"), [("path,labels,path", "path"), ("labels,path,labels", "labels")])
def test_a_column_that_comes_twice_is_told(tmp_path: Path, head: str, twice: str) -> None:
    (tmp_path / "media.csv").write_text(f"{head}\n0.jpg,cat,0.jpg\n")
    with pytest.raises(DatasetError, match=f"has the column '{twice}' more than once"):
        read(tmp_path / "media.csv")


def test_a_path_with_a_zero_byte_is_a_row_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "media.csv").write_bytes(b"path,labels\n0\0.jpg,cat\n1.jpg,dog\n")
    source = read(tmp_path / "media.csv")
    assert [row.labels for row in source.rows] == [("dog",)]
    assert [reason for _, reason in source.unreadable] == ["no file has such a name: it holds a zero byte"]
