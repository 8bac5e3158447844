"""Questions of own clips as people write them down: a table `qa.csv`."""

import re
from collections.abc import Mapping
from pathlib import Path

from pipeline.datasets.av.events_table import given_split
from pipeline.datasets.av.listed import Split
from pipeline.datasets.av.questions.questions import Kind
from pipeline.datasets.av.questions.words import cut_free
from pipeline.datasets.csv_rows import csv_rows
from pipeline.datasets.errors import DatasetError
from pipeline.labels.names import composed

COLUMNS = ("file", "question", "answer")
NO_KIND: Kind = ("any", "")
"""Of questions whose table has no column `kind`."""
_BETWEEN = re.compile(r"\s*[,/:]\s*")


class TableQuestion:
    """A row of the table: a question about a file.

    Attributes:
        file: its path below the folder of the clips.
        text: the question.
        tokens: its words.
        answer: what is right.
        kind: modality and type, `NO_KIND` where the table says none.
        split: where the table says so, else None.
    """

    def __init__(self, row: Mapping[str, str], where: str):
        self.file = row["file"].strip()
        self.text, self.answer = _plain(row["question"]), _plain(row["answer"])
        if not self.file or not self.answer:
            raise DatasetError(
                f"data: {where}: a row names a file below the folder of the clips, a question and its answer; found "
                f"{row['file']!r}, {row['question']!r}, {row['answer']!r}"
            )
        try:
            self.tokens = cut_free(self.text)
        except DatasetError as error:
            raise DatasetError(f"data: {where}: {error}") from error
        self.kind = _kind(row.get("kind", ""))
        self.split = given_split(row.get("split", "").strip(), where)


def read_table(path: Path) -> list[TableQuestion]:
    """The questions of a table with the columns file, question, answer and, if wanted, kind and split; in its order.

    Raises:
        DatasetError: it is no such table, it has no row, or a file has two splits.
    """
    found: list[TableQuestion] = []
    splits: dict[str, Split] = {}
    for number, row in csv_rows(path, COLUMNS, own=True):
        where = f"{path}, line {number}"
        question = TableQuestion(row, where)
        before = splits.setdefault(question.file, question.split) if question.split else None
        if before != question.split:
            raise DatasetError(f"data: {where}: {question.file} is in {before} above and in {question.split} here")
        found.append(question)
    if not found:
        raise DatasetError(f"data: {path} has no question. Write at least one: file,question,answer")
    return found


def _kind(text: str) -> Kind:
    """A kind as the table has it: `Audio-Visual, Counting`, with a comma, a colon or a slash, or one name alone."""
    parts = _BETWEEN.split(_plain(text), maxsplit=1)
    return (parts[0], parts[1] if len(parts) > 1 else "") if parts[0] else NO_KIND


def _plain(text: str) -> str:
    return " ".join(composed(text).split())
