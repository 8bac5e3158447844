"""The rows of a file to import: equal sentences joined, labels found in the sentences, filters applied, each if asked for."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.labels import load_labels
from pipeline.recipe.paths import absolute_path
from pipeline.text.answers import DUPLICATE, NEAR_DUPLICATE
from pipeline.text.config import GenerateConfig
from pipeline.text.errors import TextError
from pipeline.text.files import BadRecord, Record, file_format, read_records
from pipeline.text.files.record import NO_DIVIDER, NO_LABEL, record
from pipeline.text.filters import reject_reason
from pipeline.text.find_labels import LabelFinder
from pipeline.text.near_duplicates import NearDuplicates
from pipeline.text.settings import ImportConfig
from stores import text_key

__all__ = ["import_file", "import_rows"]


def import_file(config: GenerateConfig, modality: str) -> tuple[Path, ImportConfig]:
    """The file of a modality, and how it is read.

    Raises:
        TextError: The modality has none.
        PathError: Its path cannot be one.
    """
    imports = config.imports
    path = None if imports is None else imports.files.get(modality)
    if imports is None or path is None:
        named = ", ".join(imports.files) if imports else "none"
        raise TextError(
            f"generate: the engine 'import' was asked for {modality} sentences, and generate.imports.files names files of: "
            f"{named}. Add one: imports: {{files: {{{modality}: sentences.txt}}}}"
        )
    return absolute_path(Path(), str(path)), imports


def import_rows(config: GenerateConfig, modality: str) -> list[tuple[str, Record | BadRecord]]:
    """Every row of the modality's file with its key, in the order of the file.

    Raises:
        TextError: The modality has no file, or the file cannot be read.
        LabelError: The class names to look for cannot be read.
    """
    path, imports = import_file(config, modality)
    found = read_records(path, file_format(path, imports.format))
    if modality in imports.find:
        found = _with_found_labels(found, LabelFinder(load_labels(imports.find[modality])))
    merged: dict[str, Record] = {}
    bad: list[BadRecord] = []
    for row in found:
        if isinstance(row, BadRecord):
            bad.append(row)
            continue
        first = merged.get(text_key(row.text))
        if first is None:
            merged[text_key(row.text)] = row
        elif set(row.labels) <= set(first.labels):
            bad.append(BadRecord(row.line, row.text, DUPLICATE))
        else:
            joined = tuple(dict.fromkeys([*first.labels, *row.labels]))
            merged[text_key(row.text)] = Record(first.line, first.text, joined)
    rows: list[Record | BadRecord] = [
        *(_filtered(merged.values(), config) if imports.filters else merged.values()),
        *bad,
    ]
    keyed = [(text_key(r.text) if isinstance(r, Record) else text_key(f"line {r.line}"), r) for r in rows]
    return sorted(keyed, key=lambda pair: pair[1].line)


def _with_found_labels(rows: Iterable[Record | BadRecord], finder: LabelFinder) -> Iterator[Record | BadRecord]:
    for row in rows:
        if isinstance(row, Record):
            yield Record(row.line, row.text, tuple(dict.fromkeys([*row.labels, *finder.labels(row.text)])))
        elif row.reason in (NO_LABEL, NO_DIVIDER):  # a line without && is a caption by itself
            yield record(row.line, row.text, list(finder.labels(row.text)))
        else:
            yield row


def _filtered(records: Iterable[Record], config: GenerateConfig) -> Iterator[Record | BadRecord]:
    alike = NearDuplicates(config.max_similarity)
    for row in records:
        reason = reject_reason(row.text, row.labels, config.max_words, must_name=config.must_name)
        if reason is None and alike.has_like(row.labels[0], row.text):
            reason = NEAR_DUPLICATE
        if reason is None:
            alike.add(row.labels[0], row.text)
        yield row if reason is None else BadRecord(row.line, row.text, reason)
