"""Sentences that somebody else wrote, in place of generated ones: the engine "import".

A file becomes an artifact of texts like any other, named by the file's content, so that caching and training need not
know where sentences come from. It does not depend on the label set: rows keep all their labels, and what a recipe does
not know is dropped when sentences are selected. A sentence that stands there several times is one row with the labels of
all its places, as in CuPL's files, which have it once a class.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.progress import Progress
from pipeline.text.answers import DUPLICATE, NEAR_DUPLICATE
from pipeline.text.config import ALL_IMPORTED, GenerateConfig
from pipeline.text.errors import TextError
from pipeline.text.files import BadRecord, Record, file_format, read_records
from pipeline.text.filters import FILTER_VERSION, reject_reason
from pipeline.text.near_duplicates import NearDuplicates
from pipeline.text.settings import ImportConfig
from pipeline.text.summary import ClassCount, GenerateSummary, TextPlan
from stores import Artifact, ArtifactSpec, Rejection, Store, file_key, text_key

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["import_fields", "import_texts", "plan_import"]

IMPORT_VERSION = 1
"""Raised whenever the same file may give other rows."""

_RECORDS_PER_SHARD = 20_000


def import_fields(config: GenerateConfig, modality: str) -> dict[str, Any]:
    """What identifies imported texts: the content of the file, and the filters where they are asked for.

    Raises:
        TextError: The modality has no file, or the file cannot be read.
    """
    path, imports = _file(config, modality)
    fields = {
        "modality": modality,
        "engine": "import",
        "content": _content_key(path),
        "format": file_format(path, imports.format),
        "importer": IMPORT_VERSION,
    }
    if imports.filters:
        fields |= {
            "max_words": config.max_words,
            "max_similarity": config.max_similarity,
            "filters": FILTER_VERSION,
        }
    return fields


def import_texts(
    store: Store, config: GenerateConfig, modality: str, labels: Sequence[str] | None, progress: Progress
) -> GenerateSummary:
    """Store what a file holds; what cannot be used is a rejected row with its line and reason.

    Args:
        store: Where the sentences go.
        config: Names the file.
        modality: That the sentences speak of.
        labels: Classes to count the sentences of; None counts all that the file names.
        progress: Where to show how far it is.

    Raises:
        TextError: The modality has no file, or the file cannot be read.
        LockHeld: Another process is importing it.
    """
    artifact = store.artifact(ArtifactSpec(kind="texts", fields=import_fields(config, modality), backend="parquet"))
    found = _sorted(config, modality)
    accepted, rejected = 0, Counter[str]()
    with (
        artifact.writer() as writer,
        progress.task(f"{modality} sentences, imported", total=len(found), unit="line") as task,
    ):
        stored = _stored(artifact)
        for start in range(0, len(found), _RECORDS_PER_SHARD):
            part = found[start : start + _RECORDS_PER_SHARD]
            if part[0][0] not in stored:
                rows = {key: row for key, row in part if isinstance(row, Record)}
                refused = [_rejection(key, row) for key, row in part if isinstance(row, BadRecord)]
                writer.publish(list(rows), _table(list(rows.values())), rejected=refused)
                accepted += len(rows)
                rejected.update(row.reason for row in refused)
            task.advance(len(part))
    records = [row for _, row in found if isinstance(row, Record)]
    read = accepted + sum(rejected.values())
    classes = _classes(records, labels, config.sentences_per_class)
    return GenerateSummary(modality, 0, read, accepted, dict(rejected), classes, artifact.spec.fingerprint)


def plan_import(store: Store, config: GenerateConfig, modality: str) -> TextPlan:
    """What is still to be read; writes nothing."""
    artifact = store.artifact(ArtifactSpec(kind="texts", fields=import_fields(config, modality), backend="parquet"))
    found, stored = _sorted(config, modality), _stored(artifact)
    keys = [key for key, row in found if isinstance(row, Record)]
    return TextPlan(0, {}, imported=len(keys), unread=sum(key not in stored for key in keys))


def _file(config: GenerateConfig, modality: str) -> tuple[Path, ImportConfig]:
    imports = config.imports
    path = None if imports is None else imports.files.get(modality)
    if imports is None or path is None:
        named = ", ".join(imports.files) if imports else "none"
        raise TextError(
            f"generate: the engine 'import' was asked for {modality} sentences, and generate.imports.files names files of: "
            f"{named}. Add one: imports: {{files: {{{modality}: sentences.txt}}}}"
        )
    return path.expanduser(), imports


def _content_key(path: Path) -> str:
    try:
        state = path.stat()
        return _key_of(str(path), state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise TextError(f"generate: the file to import, {path}, cannot be read: {error.strerror or error}") from error


@lru_cache(maxsize=64)
def _key_of(path: str, _mtime_ns: int, _size: int) -> str:
    return file_key(Path(path))


def _sorted(config: GenerateConfig, modality: str) -> list[tuple[str, Record | BadRecord]]:
    """Rows with their keys, in the order of the file: equal sentences joined, and filtered if that is asked for."""
    path, imports = _file(config, modality)
    merged: dict[str, Record] = {}
    bad: list[BadRecord] = []
    for row in read_records(path, file_format(path, imports.format)):
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


def _filtered(records: Any, config: GenerateConfig) -> Iterator[Record | BadRecord]:
    alike = NearDuplicates(config.max_similarity)
    for row in records:
        reason = reject_reason(row.text, row.labels, config.max_words)
        if reason is None and alike.has_like(row.labels[0], row.text):
            reason = NEAR_DUPLICATE
        if reason is None:
            alike.add(row.labels[0], row.text)
        yield row if reason is None else BadRecord(row.line, row.text, reason)


def _stored(artifact: Artifact) -> set[str]:
    if not artifact.exists:
        return set()
    keys = artifact.table(["query"]).column("key").to_pylist()
    return {*keys, *(rejection.key for rejection in artifact.rejected())}


def _rejection(key: str, row: BadRecord) -> Rejection:
    return Rejection(key, row.reason, detail={"line": str(row.line), "text": row.text})


def _table(rows: Sequence[Record]) -> "pa.Table":
    """The columns of generated texts; the line takes the place of the query, and the first label that of the anchor."""
    import pyarrow as pa

    return pa.table(
        {
            "text": pa.array([row.text for row in rows], pa.string()),
            "labels": pa.array([row.labels for row in rows], pa.list_(pa.string())),
            "anchor": pa.array([row.labels[0] for row in rows], pa.string()),
            "query": pa.array([row.line for row in rows], pa.int32()),
            "sentence": pa.array([0] * len(rows), pa.int32()),
            "seed": pa.array([0] * len(rows), pa.int64()),
        }
    )


def _classes(rows: Sequence[Record], labels: Sequence[str] | None, quota: int) -> dict[str, ClassCount]:
    counts = Counter(label for row in rows for label in row.labels)
    wanted = 1 if quota == ALL_IMPORTED else quota
    return {label: ClassCount(wanted, counts[label]) for label in (counts if labels is None else labels)}
