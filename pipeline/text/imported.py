"""Sentences that somebody else wrote, in place of generated ones: the engine "import".

A file becomes an artifact of texts like any other, named by the file's content, so that caching and training need not
know where sentences come from. It does not depend on the label set: rows keep all their labels, and what a recipe does
not know is dropped when sentences are selected. A sentence that stands there several times is one row with the labels of
all its places, as in CuPL's files, which have it once a class.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.labels import load_labels
from pipeline.labels.names import Names
from pipeline.reading.regular import require_regular
from pipeline.telemetry.progress import Progress
from pipeline.text.config import ALL_IMPORTED, GenerateConfig
from pipeline.text.errors import TextError
from pipeline.text.files import BadRecord, Record, file_format
from pipeline.text.filters import FILTER_VERSION
from pipeline.text.find_labels import FINDER_VERSION
from pipeline.text.import_rows import import_file, import_rows
from pipeline.text.select import known_labels
from pipeline.text.summary import ClassCount, GenerateSummary, TextPlan
from stores import Artifact, ArtifactSpec, Rejection, Store, file_key, fingerprint

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
    path, imports = import_file(config, modality)
    fields = {
        "modality": modality,
        "engine": "import",
        "content": _content_key(path),
        "format": file_format(path, imports.format),
        "importer": IMPORT_VERSION,
    }
    if modality in imports.find:
        fields |= {"find": fingerprint(load_labels(imports.find[modality])), "finder": FINDER_VERSION}
    if imports.filters:
        fields |= {
            "max_words": config.max_words,
            "max_similarity": config.max_similarity,
            "filters": FILTER_VERSION,
        }
        fields |= {} if config.must_name else {"must_name": False}
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
    found = import_rows(config, modality)
    if not found:
        path, _ = import_file(config, modality)
        raise TextError(
            f"texts: {path} is empty: it holds no {modality} sentence and no other row. Look whether it is the right file"
        )
    accepted, rejected = 0, Counter[str]()
    with (
        artifact.writer() as writer,
        progress.task(f"{modality} sentences, imported", total=len(found), unit="line") as task,
    ):
        stored = _stored(artifact)
        for start in range(0, len(found), _RECORDS_PER_SHARD):
            part = found[start : start + _RECORDS_PER_SHARD]
            # A part that is stored stays, though by now its filters would refuse other lines of it.
            if stored.isdisjoint(key for key, _ in part):
                rows = {key: row for key, row in part if isinstance(row, Record)}
                refused = [_rejection(key, row) for key, row in part if isinstance(row, BadRecord)]
                writer.publish(list(rows), _table(list(rows.values())), rejected=refused)
                accepted += len(rows)
                rejected.update(row.reason for row in refused)
            task.advance(len(part))
    records = [row for _, row in found if isinstance(row, Record)]
    read = accepted + sum(rejected.values())
    classes = _classes(records, labels, config.quota(modality))
    return GenerateSummary(modality, 0, read, accepted, dict(rejected), classes, artifact.spec.fingerprint)


def plan_import(store: Store, config: GenerateConfig, modality: str) -> TextPlan:
    """What is still to be read; writes nothing."""
    artifact = store.artifact(ArtifactSpec(kind="texts", fields=import_fields(config, modality), backend="parquet"))
    found, stored = import_rows(config, modality), _stored(artifact)
    keys = [key for key, row in found if isinstance(row, Record)]
    return TextPlan(0, {}, imported=len(keys), unread=sum(key not in stored for key in keys))


def _content_key(path: Path) -> str:
    try:
        state = require_regular(path)
        return _key_of(str(path), state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise TextError(f"generate: the file to import, {path}, cannot be read: {error.strerror or error}") from error


@lru_cache(maxsize=64)
def _key_of(path: str, _mtime_ns: int, _size: int) -> str:
    return file_key(Path(path))


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
    names = None if labels is None else Names(labels)
    counts = Counter(
        label for row in rows for label in (row.labels if names is None else known_labels(names, row.labels))
    )
    wanted = 1 if quota == ALL_IMPORTED else quota
    return {label: ClassCount(wanted, counts[label]) for label in (counts if labels is None else labels)}
