"""MUSIC-AVQA's lists: `avqa-train.json`, `avqa-val.json`, `avqa-test.json`, each a list of questions with their answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.datasets.av.listed import SPLITS, Split
from pipeline.datasets.av.questions.questions import Kind
from pipeline.datasets.av.questions.words import cut, filled
from pipeline.datasets.errors import DatasetError
from pipeline.reading import reading
from pipeline.reading.regular import require_regular

_FIELDS = ("video_id", "question_id", "type", "question_content", "templ_values", "anser")
"""`anser` is the publisher's spelling. `question_deleted`, 0 in all published rows, may be missing."""


@dataclass(frozen=True)
class ListedQuestion:
    """A question as a list has it.

    Attributes:
        split: whose list it is in.
        row: its number there, from 0.
        video: the video's id.
        question_id: as text; published ones are numbers.
        kind: modality and type.
        text: as it is asked.
        tokens: its words, see `words.cut`.
        answer: what is right.
        deleted: whether its publisher has taken it back.
    """

    split: Split
    row: int
    video: str
    question_id: str
    kind: Kind
    text: str
    tokens: tuple[str, ...]
    answer: str
    deleted: bool


def read_lists(folder: Path) -> list[ListedQuestion]:
    """The questions of the three lists of a folder, train's first.

    Raises:
        DatasetError: a list is missing, is no JSON list of questions, or train's is empty.
    """
    found = [question for split in SPLITS for question in _read(folder / f"avqa-{split}.json", split)]
    if not any(question.split == "train" for question in found):
        raise DatasetError(f"data: {folder / 'avqa-train.json'} has no question. Download it again.")
    return found


def _read(path: Path, split: Split) -> Iterator[ListedQuestion]:
    try:
        with reading(path):
            require_regular(path)
            content = json.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DatasetError(f"data: {path} cannot be read as a JSON list: {error}. Download it again.") from error
    if not isinstance(content, list):
        raise DatasetError(
            f"data: {path} holds {_told(content)}; expected a list of questions. Take it as its publisher gives it."
        )
    for row, entry in enumerate(content):
        yield _question(entry, split, row, f"{path}, question {row}")


def _question(entry: Any, split: Split, row: int, where: str) -> ListedQuestion:
    if not isinstance(entry, dict) or any(field not in entry for field in _FIELDS):
        found = ", ".join(map(str, entry)) if isinstance(entry, dict) else _told(entry)
        raise DatasetError(
            f"data: {where}: expected {', '.join(_FIELDS)} (so spelled), found {found or 'nothing'}. "
            "Take the list as its publisher gives it."
        )
    kind, values = _texts(entry["type"], where, "type"), _texts(entry["templ_values"], where, "templ_values")
    content, answer, video = entry["question_content"], entry["anser"], entry["video_id"]
    if len(kind) != 2 or not all(isinstance(text, str) and text.strip() for text in (content, answer, video)):
        raise DatasetError(
            f"data: {where}: a question has an id of its video, a text, an answer, and a type of two names such as "
            f'["Audio", "Counting"]; found {video!r}, {content!r}, {answer!r}, {entry["type"]!r}'
        )
    try:
        tokens = cut(content, values)
    except DatasetError as error:
        raise DatasetError(f"data: {where}: {error}. Take the list as its publisher gives it.") from error
    deleted = bool(entry.get("question_deleted"))
    return ListedQuestion(
        split,
        row,
        video,
        str(entry["question_id"]),
        (kind[0], kind[1]),
        filled(content, values),
        tokens,
        answer,
        deleted,
    )


def _texts(text: Any, where: str, field: str) -> list[str]:
    """A list of names, which stands as a text of JSON in the published lists."""
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise DatasetError(
            f"data: {where}: {field} is a list of names as a text, such as '[\"ukulele\"]'; found {text!r}"
        )
    return found


def _told(value: Any) -> str:
    kinds = {dict: "a mapping", list: "a list", str: "a text"}
    return next((told for kind, told in kinds.items() if isinstance(value, kind)), str(value)[:40])
