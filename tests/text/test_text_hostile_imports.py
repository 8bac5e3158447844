"""Files of sentences that are none: each import ends in one message, or tells line by line what cannot be used."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from pipeline.predictions import Prediction, predictions_to_csv
from pipeline.telemetry.progress import Progress
from pipeline.text.config import GenerateConfig
from pipeline.text.errors import TextError
from pipeline.text.files import write_records
from pipeline.text.imported import import_texts
from stores import Store
from stores.errors import MmptError

Write = Callable[[Path], object]
TWO = {"text": ["a dog", "a cat"], "labels": ["dog", "cat"]}


def table(columns: object, **options: object) -> Write:
    return lambda path: parquet.write_table(
        columns if isinstance(columns, pa.Table) else pa.table(columns), path, **options
    )


def content(text: bytes | str) -> Write:
    return lambda path: path.write_bytes(text.encode() if isinstance(text, str) else text)


def cut(share: float) -> Write:
    def write(path: Path) -> None:
        table({"text": ["a dog"] * 1000, "labels": ["dog"] * 1000})(path)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])

    return write


def flipped(place: int) -> Write:
    def write(path: Path) -> None:
        table(TWO)(path)
        whole = bytearray(path.read_bytes())
        whole[place] ^= 0xFF
        path.write_bytes(whole)

    return write


def one_text_often(rows: int, length: int) -> pa.Table:
    long = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a" * length]))
    return pa.table({"text": long.cast(pa.string()) if rows * length < 1 << 28 else long, "labels": ["dog"] * rows})


NO_ROWS = pa.table({"text": pa.array([], pa.string()), "labels": pa.array([], pa.string())})
DOG = '{"text": "a dog", "labels": ["dog"]}\n'
UNFOLDS = "and unfolds to more than"
REFUSED: dict[str, tuple[str, Write, str]] = {
    "no such file": ("x.txt", lambda _: None, "cannot be read: No such file"),
    "a folder": ("x.txt", Path.mkdir, "cannot be read"),
    "a pipe": ("x.jsonl", os.mkfifo, "cannot be read: not a regular file"),
    "zeros without end": ("x.jsonl", lambda path: path.symlink_to("/dev/zero"), "cannot be read: not a regular file"),
    "a link to itself": ("x.csv", lambda path: path.symlink_to(path), "cannot be read"),
    "a name of no format": ("x.doc", content("a"), "tells no format"),
    "an empty text": ("x.txt", content(""), "is empty: it holds no image sentence"),
    "blank lines": ("x.txt", content("\n \n\t\n"), "is empty"),
    "a mark of byte order": ("x.jsonl", content(b"\xef\xbb\xbf"), "is empty"),
    "an empty object": ("x.json", content("{}"), "is empty"),
    "a head alone": ("x.csv", content("text,labels\n"), "is empty"),
    "no rows": ("x.parquet", table(NO_ROWS), "is empty"),
    "an empty CSV": ("x.csv", content(""), "has the columns (none)"),
    "an empty Parquet": ("x.parquet", content(b""), "is no Parquet file"),
    "an empty JSON": ("x.json", content(""), "is no JSON"),
    "deep JSON": ("x.json", content("[" * 100_000), "is no JSON"),
    "a list": ("x.json", content("[1]"), "holds no object"),
    "a number of 10,000 digits": ("x.json", content('{"cat": ' + "9" * 10_000 + "}"), "is no JSON"),
    "Latin-1 in JSON": ("x.json", content('{"é": []}'.encode("latin-1")), "is no JSON"),
    "UTF-16 in CSV": ("x.csv", content("text,labels\na,b\n".encode("utf-16")), "is not UTF-8"),
    "other columns": ("x.csv", content("a,b\n1,2\n"), "a column 'text'"),
    "an open quotation": ("x.csv", content('text,labels\n"a' + "a" * 200_000), "is no CSV from line"),
    "an open quotation in the head": ("x.csv", content('"text' + "a" * 200_000), "is no CSV from line"),
    "text as Parquet": ("x.parquet", content("text,labels\na,b\n"), "is no Parquet file"),
    "Parquet without columns": ("x.parquet", table(pa.table({})), "has the columns (none)"),
    "Parquet cut to a half": ("x.parquet", cut(0.5), "is no Parquet file"),
    "Parquet cut at its end": ("x.parquet", cut(0.99), "is no Parquet file"),
    "Parquet without its beginning": ("x.parquet", content(b"\0" * 100 + b"PAR1"), "is no Parquet file"),
    "a footer of four gigabytes": ("x.parquet", content(b"PAR1" + b"\0" * 50 + b"\xff\xff\xff\xffPAR1"), "is no Parquet file"),
    "a damaged footer": ("x.parquet", flipped(-8), "is no Parquet file"),
    "texts that are no UTF-8": (
        "x.parquet",
        table(pa.table({"text": pa.array([b"\xff\xfe"]).view(pa.string()), "labels": ["a"]})),
        "is no Parquet file",
    ),
    "a long text in 600 rows": ("x.parquet", table(one_text_often(600, 1 << 18), compression="zstd"), UNFOLDS),
    "a gigabyte in a dictionary": ("x.parquet", table(one_text_often(1000, 1 << 20), compression="zstd"), UNFOLDS),
    "a million rows of nothing": (
        "x.parquet",
        table(pa.table({"text": pa.nulls(1_000_000, pa.string()), "labels": pa.nulls(1_000_000, pa.string())})),
        "it says that it has 1,000,000 rows",
    ),
    "pages of zeros": ("x.parquet", table({"text": ["\0" * (100 << 20)], "labels": ["a"]}, compression="gzip"), UNFOLDS),
}  # fmt: skip
READ: dict[str, tuple[str, Write, list[str]]] = {
    "a line of two megabytes": ("x.jsonl", content(DOG + '{"a": "' + "x" * (2 << 20) + '"}\n'), ["a line of more than"]),
    "a line of no end": ("x.txt", content("a dog&&dog\n" + "x" * (3 << 20)), ["a line of more than"]),
    "a JSON line of 900 kB": ("x.jsonl", content(DOG + '["' + "x" * 900_000 + '"]\n'), ["no object"]),
    "lines that are no JSON": ("x.jsonl", content(DOG + '{\n[1]\n7\n'), ["no JSON", "no object"]),
    "deep lines": ("x.jsonl", content(DOG + "[" * 50_000 + "\n"), ["no JSON: nested too deeply"]),
    "lines of digits": ("x.jsonl", content(DOG + "9" * 9999 + "\n"), ["no JSON: a number of too many"]),
    "half a letter": ("x.jsonl", content(DOG + '{"text": "a \\ud800 cat", "labels": ["cat"]}\n'), ["not UTF-8"]),
    "Latin-1": ("x.txt", content(b"a dog&&dog\na caf\xe9&&cafe\n"), ["not UTF-8"]),
    "odd types": ("x.jsonl", content(DOG + '{"text": 3, "labels": [1]}\n'), ["no sentence"]),
    "zero bytes": ("x.txt", content("a dog&&dog\na\0cat&&c\0at\n"), []),
    "rows of other lengths": ("x.csv", content("text,labels\na dog,dog\na,b,c\n"), ["3 fields instead of 2"]),
    "dates in Parquet": ("x.parquet", table({"text": ["a dog", None], "labels": ["dog", None]}), ["no sentence"]),
    "labels of numbers": ("x.parquet", table(pa.table({"text": ["a dog", "a cat"], "labels": [[1], [2]]})), ["no label"]),
    "a class of no list": ("x.json", content('{"dog": ["a dog"], "cat": 3, "sun": null}'), ["no sentence"]),
}  # fmt: skip


def imported(path: Path, workspace: Path) -> object:
    config = GenerateConfig.model_validate({"engine": "import", "imports": {"files": {"image": path}}})
    return import_texts(Store(workspace), config, "image", None, Progress.silent())


def test_the_list_is_long() -> None:
    assert len(REFUSED) + len(READ) >= 45


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_told(kind: str, tmp_path: Path) -> None:
    name, write, told = REFUSED[kind]
    write(tmp_path / name)
    start = time.monotonic()
    with pytest.raises(MmptError) as caught:
        imported(tmp_path / name, tmp_path / "workspace")
    assert told in str(caught.value) and name in str(caught.value), str(caught.value)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("kind", READ)
def test_what_can_be_used_is(kind: str, tmp_path: Path) -> None:
    name, write, reasons = READ[kind]
    write(tmp_path / name)
    workspace = tmp_path / "workspace"
    summary = imported(tmp_path / name, workspace)
    (artifact,) = Store(workspace).artifacts("texts")
    found = {rejection.reason for rejection in artifact.rejected()}
    assert all(any(reason.startswith(told) for reason in found) for told in reasons), found
    assert json.dumps(summary.accepted) != "0" or name == "x.parquet"  # type: ignore[attr-defined]


def test_a_parquet_file_of_many_honest_rows_is_read(tmp_path: Path) -> None:
    rows = 5000
    table({"text": [f"a dog of the number {i}" for i in range(rows)], "labels": ["dog"] * rows})(tmp_path / "x.parquet")
    assert imported(tmp_path / "x.parquet", tmp_path / "workspace").accepted == rows  # type: ignore[attr-defined]


def test_an_empty_file_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "nothing.csv").write_text("text,labels\n")
    with pytest.raises(TextError) as caught:
        imported(tmp_path / "nothing.csv", tmp_path)
    assert str(caught.value) == (
        f"texts: {tmp_path}/nothing.csv is empty: it holds no image sentence and no other row. Look whether it is the right file"
    )


def test_formulas_are_quoted_for_a_spreadsheet_where_that_is_asked(tmp_path: Path) -> None:
    rows = [("=SUM(1) a dog", ["@dog"]), ("a cat", ["cat", "=x"]), ("-1 cats", ["cat"])]
    write_records(tmp_path / "plain.csv", rows, "csv")
    write_records(tmp_path / "quoted.csv", rows, "csv", spreadsheet=True)
    assert (tmp_path / "plain.csv").read_text() == "text,labels\n=SUM(1) a dog,@dog\na cat,cat;=x\n-1 cats,cat\n"
    assert (tmp_path / "quoted.csv").read_text() == "text,labels\n'=SUM(1) a dog,'@dog\na cat,cat;=x\n'-1 cats,cat\n"
    found = [Prediction("=cmd|' /C calc'!A0.png", "image", (("+dog", 0.5),), "")]
    assert predictions_to_csv(found).splitlines()[1] == "=cmd|' /C calc'!A0.png,image,+dog,0.500000,"
    assert (
        predictions_to_csv(found, spreadsheet=True).splitlines()[1] == "'=cmd|' /C calc'!A0.png,image,'+dog,0.500000,"
    )
