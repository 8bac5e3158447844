"""Files of sentences: every format there and back, and every kind of line that cannot be used."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.text.errors import TextError
from pipeline.text.files import BadRecord, Record, file_format, read_records, write_records

FORMATS = ("taam", "cupl", "jsonl", "csv", "parquet")
ROWS = [
    ("A dog chases two cats.", ("dog", "cat")),
    ('She said "rain", and it rained;', ("rain",)),
    ("Ein Hörnchen läuft über die Straße. 犬", ("Hörnchen", "犬")),
    ("A cat sleeps.", ("cat",)),
]


def read(path: Path, format: str = "auto") -> list[Record | BadRecord]:
    return list(read_records(path, file_format(path, format)))


@pytest.mark.parametrize("format", FORMATS)
def test_there_and_back(tmp_path: Path, format: str) -> None:
    write_records(tmp_path / "x", ROWS, format)
    found = read(tmp_path / "x", format)
    if format == "cupl":  # once under each label, class by class
        pairs = [(name, text) for name in ("dog", "cat", "rain", "Hörnchen", "犬") for text, ls in ROWS if name in ls]
        assert found == [Record(i, text, (name,)) for i, (name, text) in enumerate(pairs, 1)]
    else:
        first = 2 if format == "csv" else 1
        assert found == [Record(i, text, labels) for i, (text, labels) in enumerate(ROWS, first)]
    write_records(tmp_path / "empty", [], format)
    assert read(tmp_path / "empty", format) == []


labels = st.lists(
    st.text(st.characters(exclude_characters=",;&", exclude_categories=("C", "Z")), min_size=1), min_size=1, unique=True
)
sentences = st.text(st.characters(exclude_characters="&", exclude_categories=("C", "Z")), max_size=30).map(
    "A {}".format
)


@given(st.lists(st.tuples(sentences, labels), max_size=5), st.sampled_from(["taam", "jsonl", "csv", "parquet"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_any_rows_come_back(tmp_path: Path, rows: list[tuple[str, list[str]]], format: str) -> None:
    write_records(tmp_path / "x", rows, format)
    found = read(tmp_path / "x", format)
    assert [(row.text, row.labels) for row in found] == [(text.strip(), tuple(names)) for text, names in rows]


anything = st.text(st.sampled_from(list("ab é犬&,;\"'{}[]\n\r\t\ufeff\0\x1c\u2028")), max_size=8)


@given(st.lists(st.tuples(anything, st.lists(anything, max_size=3)), max_size=4), st.sampled_from(FORMATS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_a_row_comes_back_or_is_refused(tmp_path: Path, rows: list[tuple[str, list[str]]], format: str) -> None:
    """Up to blanks, which every reader joins, and to names that stand there twice."""
    try:
        write_records(tmp_path / "x", rows, format)
    except TextError:
        return
    expected = [
        (
            " ".join(text.replace("\ufeff", " ").split()),
            *dict.fromkeys(" ".join(n.replace("\ufeff", " ").split()) for n in ls),
        )
        for text, ls in rows
    ]
    if format == "cupl":
        names = dict.fromkeys(name for row in expected for name in row[1:])
        expected = [(row[0], name) for name in names for row in expected if name in row[1:]]
    assert [(row.text, *row.labels) for row in read(tmp_path / "x", format) if isinstance(row, Record)] == expected


def test_lines_of_the_authors_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(
        b"\xef\xbb\xbfA dog barks.&&dog\n"
        b"no divider here\n"
        b"\n"
        b"A cat && a dog.&&cat\n"
        b"A caption without labels.&&\r\n"
        b"&&dog\n"
        b"caf\xe9 with a dog&&dog\n"
        b"  Two   dogs.  && dog , big dog,dog,\n"
        b"...&&dog"
    )
    assert read(tmp_path / "x.txt") == [
        Record(1, "A dog barks.", ("dog",)),
        BadRecord(2, "no divider here", "no && between sentence and labels"),
        BadRecord(4, "A cat && a dog.&&cat", "more than one &&"),
        BadRecord(5, "A caption without labels.", "no label"),
        BadRecord(6, "dog", "no sentence"),
        BadRecord(7, "caf\ufffd with a dog&&dog", "not UTF-8"),
        Record(8, "Two dogs.", ("dog", "big dog")),
        BadRecord(9, "...", "no sentence"),
    ]


def test_lines_of_json_that_cannot_be_used(tmp_path: Path) -> None:
    lines = [
        '{"text": "A dog.", "labels": ["dog"]}',
        '{"caption": "A cat, here.", "label": "black, white cat"}',
        '{"text": "A dog."',
        '["A dog.", "dog"]',
        '{"labels": ["dog"]}',
        '{"text": 3, "labels": ["dog"]}',
        '{"text": "A dog."}',
        '{"text": "A dog.", "labels": [1]}',
        '{"text": "A dog.", "labels": []}',
        '{"text": "Half a \\ud83d sign.", "labels": ["dog"]}',
        "[" * 100_000,
        "9" * 5_000,
    ]
    (tmp_path / "x.jsonl").write_text("\n".join(lines))
    found = read(tmp_path / "x.jsonl")
    assert found[:2] == [Record(1, "A dog.", ("dog",)), Record(2, "A cat, here.", ("black, white cat",))]
    assert [(row.line, row.reason) for row in found[2:] if isinstance(row, BadRecord)] == [
        (3, "no JSON: Expecting ',' delimiter"),
        (4, "no object"),
        (5, "no sentence"),
        (6, "no sentence"),
        (7, "no label"),
        (8, "no label"),
        (9, "no label"),
        (10, "not UTF-8"),
        (11, "no JSON: nested too deeply"),
        (12, "no JSON: a number of too many digits"),
    ]


def test_rows_of_tables_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        'id,caption,labels\n1,"A dog,\nhere.",dog; cat\n2,A cat.\n\n3,A cow.,\n4,,cow\n5,A 007.,007\n'
    )
    assert read(tmp_path / "x.csv") == [
        Record(2, "A dog, here.", ("dog", "cat")),
        BadRecord(4, "2,A cat.", "2 fields instead of 3"),
        BadRecord(6, "A cow.", "no label"),
        BadRecord(7, "cow", "no sentence"),
        Record(8, "A 007.", ("007",)),
    ]
    table = pa.table({"sentence": ["A dog.", None, "A cat."], "labels": ["dog;cat", "dog", None]})
    pq.write_table(table, tmp_path / "x.parquet")
    rows = read(tmp_path / "x.parquet")
    assert rows[0] == Record(1, "A dog.", ("dog", "cat"))
    assert [(row.line, row.reason) for row in rows[1:] if isinstance(row, BadRecord)] == [
        (2, "no sentence"),
        (3, "no label"),
    ]


def test_cupl_with_a_class_twice_and_odd_values(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(
        '{"dog": ["A dog.", 3], "cat": [], "cow": "A cow.", "dog": ["Two dogs."], "ox\\ud83d": null}'
    )
    assert read(tmp_path / "x.json") == [
        Record(1, "A dog.", ("dog",)),
        BadRecord(2, "dog: 3", "no sentence"),
        BadRecord(3, "cat: []", "no sentence"),
        Record(4, "A cow.", ("cow",)),
        Record(5, "Two dogs.", ("dog",)),
        BadRecord(6, "ox?: None", "no sentence"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.json", b"{", "is no JSON: Expecting property name"),
        ("x.json", json.dumps([{"a": ["b"]}]).encode(), "holds no object. CuPL's files look like this"),
        ("x.json", b'"dog"', "holds no object. CuPL's files look like this"),
        ("x.csv", b"path,labels\n", "has the columns path, labels; a column 'text'"),
        ("x.csv", b"", r"has the columns \(none\); a column 'text'"),
        ("x.csv", b"text,labels\na,b\ncaf\xe9,b\n", "line 3 of .*x.csv is not UTF-8. Save the table as UTF-8"),
        ("x.csv", b'text,labels\nA dog.,dog\n"A cat,cat\n' + b"x" * 200_000, "is no CSV from line 4 on: field larger"),
        ("x.parquet", b"PAR1", "is no Parquet file"),
        ("x.doc", b"", r"tells no format. Say which of these it is: taam \(.txt\), cupl \(.json\)"),
        ("gone/x.txt", None, "cannot be read: No such file or directory"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, name: str, content: bytes | None, told: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TextError, match=told):
        read(tmp_path / name)


def test_a_table_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    column = pa.array([b"caf\xe9"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": column, "labels": column}), tmp_path / "x.parquet")
    with pytest.raises(TextError, match="x.parquet is no Parquet file of texts: 'utf-8' codec can't decode byte 0xe9"):
        read(tmp_path / "x.parquet")


def test_what_a_format_cannot_hold_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    for rows, format, told in (
        ([("A && b", ["x"])], "taam", "cannot hold 'A && b' with labels"),
        ([("A b", ["x, y"])], "taam", r"cannot hold 'A b' with labels \['x, y'\]. Choose jsonl, csv or parquet"),
        ([("A b", ["x;y"])], "csv", "divides labels by ; and cannot hold 'A b'"),
        ([("A b &", ["x"])], "taam", "cannot hold 'A b &' with labels"),
        ([("A b", ["x"]), ("A c", [])], "jsonl", r"'A c' with labels \[\] cannot be written"),
        ([("A b", ["x", " "])], "cupl", "none of them empty"),
        ([("...", ["x"])], "parquet", "a sentence with a letter in it"),
    ):
        with pytest.raises(TextError, match=told):
            write_records(tmp_path / "x", rows, format)
    with pytest.raises(TextError, match="cannot be written: No such file or directory"):
        write_records(tmp_path / "gone" / "x", ROWS, "jsonl")
    assert list(tmp_path.iterdir()) == []
