"""Lists as CSV: lines are those of the file, and tables that people write are read as their spreadsheets save them."""

from pathlib import Path

import pytest

from pipeline.datasets.av.events_table import read_events_table
from pipeline.datasets.av.questions.table import read_table
from pipeline.datasets.csv_rows import csv_rows
from pipeline.datasets.errors import DatasetError

COLUMNS = ("file", "question", "answer")


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    table = folder / "table.csv"
    table.write_bytes(text.encode(encoding))
    return table


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    table = written(tmp_path, 'file,question,answer\n\na,"One\ntwo?",yes\n\n\nb,Three?,no\n')
    assert [(line, row["file"]) for line, row in csv_rows(table, COLUMNS)] == [(4, "a"), (7, "b")]


@pytest.mark.parametrize("divider", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_own_tables_are_read_as_spreadsheets_save_them(tmp_path: Path, divider: str, encoding: str) -> None:
    lines = [["file", "question", "answer"], ["a.mp4", '"So, or; so?"', "yes"], ["", "", ""], ["b.mp4", "Is it?", "no"]]
    table = written(tmp_path, "\r\n".join(divider.join(line) for line in lines) + "\r\n", encoding)
    assert [(each.file, each.text, each.answer) for each in read_table(table)] == [
        ("a.mp4", "So, or; so?", "yes"),
        ("b.mp4", "Is it?", "no"),
    ]


def test_events_are_read_as_spreadsheets_save_them(tmp_path: Path) -> None:
    (found,) = read_events_table(written(tmp_path, "file;label;start_s;end_s\na.mp4;bark, loud;1;2\n;;;\n"))
    assert [(event.label, event.start_s, event.end_s) for event in found.events] == [("bark, loud", 1.0, 2.0)]


def test_a_published_list_is_divided_by_commas_alone(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Found: file;question;answer"):
        list(csv_rows(written(tmp_path, "file;question;answer\na;b;c\n"), COLUMNS))


@pytest.mark.parametrize(
    ("text", "encoding", "told"),
    [
        ("", "utf-8", "Found: nothing. Expected: file, question, answer. Begin the table with the line file,question"),
        (
            "file,question,answer\na,Is it, so?,yes\n",
            "utf-8",
            "line 2: 3 columns expected. Put a text that holds commas",
        ),
        ("file,question,answer\na,Est-ce l'été ?,oui\n", "latin-1", "Save it as CSV in UTF-8"),
        ("file,question,answer\n\n\na,,yes\n", "utf-8", "line 4: "),
    ],
)
def test_nobody_is_sent_to_download_an_own_table(tmp_path: Path, text: str, encoding: str, told: str) -> None:
    with pytest.raises(DatasetError) as caught:
        read_table(written(tmp_path, text, encoding))
    assert told in str(caught.value) and "ownload" not in str(caught.value) and "publisher" not in str(caught.value)
