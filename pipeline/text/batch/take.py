"""Taking answers in: lines of output files into the book, and whole shards of them into the texts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.text.batch.book import Asked, Book, Part, custom_id, custom_ids_of
from pipeline.text.batch.lines import Line, read_lines
from pipeline.text.batch.write import opened_book
from pipeline.text.config import GenerateConfig
from pipeline.text.engines.base import Answer
from pipeline.text.errors import TextError
from pipeline.text.spec import texts_spec
from stores import Store
from stores.reading import reading

__all__ = ["NOT_ANSWERED", "Taken", "enter", "give_up", "take_files"]

NOT_ANSWERED = "not answered by the server"
"""The reason of the row that stands for a query which was given up."""


@dataclass
class Taken:
    """What came of lines that were given.

    Attributes:
        answered: Queries whose answers came now.
        failed: Custom ids of queries that came back without an answer, with the reason.
        late: Lines about queries of this recipe that are not out: taken before, or cancelled.
        unknown: Lines that are none of this recipe's, as people can find them.
    """

    answered: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    late: int = 0
    unknown: list[str] = field(default_factory=list)


def take_files(store: Store, config: GenerateConfig, modalities: Iterable[str], files: Sequence[Path]) -> Taken:
    """Take in output files of a tool that ran batch files elsewhere; each file may hold all modalities, or a part of one.

    Raises:
        TextError: A file cannot be read, or holds no line about this recipe; then nothing was taken.
    """
    heads = {m: custom_ids_of(m, texts_spec(config, m).fingerprint) for m in modalities}
    taken, sorted_lines = Taken(), {m: list[Line]() for m in heads}
    for file in files:
        lines = list(read_lines(_content(file), chat=config.prompt_format != "raw"))
        known = [(m, line) for line in lines for m, head in heads.items() if line.custom_id.startswith(head)]
        if not known:
            raise TextError(_other(file, lines, heads))
        for modality, line in known:
            sorted_lines[modality].append(line)
        strange = [line for line in lines if not line.custom_id.startswith(tuple(heads.values()))]
        taken.unknown += [f"{file.name}:{line.number}: {_shown(line)}" for line in strange]
    for modality, lines in sorted_lines.items():
        if lines:
            with opened_book(store, config, modality) as (book, _, _):
                parts = book.parts
                enter(book, modality, texts_spec(config, modality).fingerprint, parts, lines, taken)
                failed = {asked.key for asked in book.failed}
                whole = [p for p in parts if all(book.is_answered(a.key) or a.key in failed for a in p.asked)]
                book.finish(whole)
    return taken


def enter(
    book: Book, modality: str, fingerprint: str, parts: Sequence[Part], lines: Iterable[Line], taken: Taken
) -> None:
    """Put lines into the book; the first answer to a query counts, and a failure only where there is none."""
    asked = {custom_id(modality, fingerprint, each.key): each for part in parts for each in part.asked}
    failed: dict[str, tuple[Asked, str]] = {}
    for line in lines:
        if line.custom_id not in asked:
            taken.late += line.custom_id.startswith(custom_ids_of(modality, fingerprint))
            if not line.custom_id.startswith(custom_ids_of(modality, fingerprint)):
                taken.unknown.append(f"line {line.number}: {_shown(line)}")
        elif line.answer is None:
            failed[line.custom_id] = asked[line.custom_id], line.failure
        elif not book.is_answered(asked[line.custom_id].key):
            book.answered(asked[line.custom_id], line.answer)
            taken.answered += 1
    for name, (query, why) in failed.items():
        if not book.is_answered(query.key):
            book.fail(query, why)
            taken.failed[name] = why


def give_up(store: Store, config: GenerateConfig, modality: str) -> int:
    """Let queries that failed count as answered without a sentence; how many they were."""
    with opened_book(store, config, modality) as (book, _, _):
        out = {asked.key for part in book.parts for asked in part.asked}
        hopeless = [each for each in book.failed if not book.is_answered(each.key) and each.key not in out]
        for each in hopeless:
            book.answered(each, Answer("", problem=NOT_ANSWERED))
        return len(hopeless)


def _content(file: Path) -> bytes:
    try:
        with reading(file):
            return file.read_bytes()
    except OSError as error:
        raise TextError(
            f"texts batch: {file} cannot be read: {error.strerror}. Give the output file of the batch"
        ) from error


def _other(file: Path, lines: Sequence[Line], heads: Mapping[str, str]) -> str:
    found = next((line for line in lines if line.custom_id), None)
    shown = f"its first custom_id is {_shown(found)!r}" if found else "no line of it has a custom_id"
    return (
        f"texts batch: {file} holds no answer to a query of this recipe: {shown}, and those of this recipe begin with "
        f"{' or '.join(heads.values())}. Nothing was taken. Give the output of the files that `texts batch write` wrote for this "
        "recipe, with the model, sampling and queries that it has now"
    )


def _shown(line: Line) -> str:
    return line.custom_id[:80] or line.failure
