"""Sources into a store, each different file once: decoded and transformed in worker processes, without an encoder.

As for features, a file that cannot be decoded is a rejected row, published with the shard that it would have been in, and a
killed run goes on in the same shards. How many rows are in a shard, and how far decoding runs ahead, follow from the size
of a row: a video's views take 29 MB, its label-sized relatives a few kilobytes.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from pipeline.datasets.rows import MediaRow
from pipeline.media.isolation import Decoded, decode_many
from pipeline.runner.base import Runner
from pipeline.runner.shards import Shard, in_shards, publish_shards
from pipeline.sources.lossy_flow import packed
from pipeline.sources.make import make_source
from pipeline.sources.specs import FlowSpec, SourceSpec, StoredType, source_artifact, source_name, stored_type
from pipeline.telemetry.progress import Progress, ProgressTask
from stores import Rejection, Store

_SHARD_BYTES = 128 << 20
_MOST_SHARD_ROWS = 256
_SECONDS = 30.0
_SECONDS_A_FLOW = 30.0  # some seven on one core of real motion, at OpenCV's parameters


@dataclass(frozen=True)
class SourceSummary:
    """What a run made of one source.

    Attributes:
        wanted: different files asked for.
        made: rows that this run added; the others were there or failed.
        rejected: files that this run gave up.
        fingerprint: of the artifact.
    """

    wanted: int
    made: int
    rejected: int
    fingerprint: str


def cache_source(
    store: Store,
    spec: SourceSpec,
    rows: Sequence[MediaRow],
    *,
    progress: Progress,
    dtype: StoredType = "float16",
    workers: int = 1,
    timeout_s: float | None = None,
    retry_rejected: bool | frozenset[str] = False,
    runner: Runner | None = None,
) -> SourceSummary:
    """Make and store the rows of the files that are neither stored nor rejected yet.

    Args:
        store: receives the arrays, under the name of the kind of source.
        spec: what is made of a file.
        rows: files with their keys; equal keys are one row.
        progress: shows files a second.
        dtype: stored type of what is not bytes.
        workers: processes; 0 works in this one, unprotected.
        timeout_s: seconds that one file may take; None is `time_limit(spec)`.
        retry_rejected: whether files that failed in an earlier run are tried again, or which, by their keys.
        runner: whose workers make the shards; None makes them here.

    Raises:
        SourceError: the source is flow, and OpenCV is not installed.
    """
    artifact = store.artifact(source_artifact(spec, dtype))
    by_key: dict[str, MediaRow] = {}
    for row in rows:
        by_key.setdefault(row.key, row)
    made = rejected = 0
    if artifact.missing(by_key, retry_rejected):
        _check(spec)
        work = SourceWork(spec, dtype, workers, timeout_s or time_limit(spec))
        with artifact.writer() as writer:
            missing = [by_key[key] for key in artifact.missing(by_key, retry_rejected)]
            with progress.task(work.name, total=len(missing), unit="file") as task:
                shards = in_shards(missing, shard_rows(spec))
                for done in publish_shards(work, artifact, writer, shards, runner, task):
                    made, rejected = made + done.rows, rejected + done.rejected
    return SourceSummary(len(by_key), made, rejected, artifact.spec.fingerprint)


@dataclass(frozen=True)
class SourceWork:
    """How the shards of a source are made; see `cache_source` for the attributes."""

    spec: SourceSpec
    dtype: StoredType
    workers: int
    timeout_s: float
    device: str = "cpu"

    @property
    def name(self) -> str:
        """What people call it."""
        return f"cache {source_name(self.spec)}"

    def files(self, rows: Sequence[MediaRow]) -> list[str]:
        """Where the rows' files lie."""
        return [row.path for row in rows]

    def keys(self, rows: Sequence[MediaRow]) -> list[str]:
        """Those of the files."""
        return [row.key for row in rows]

    def make(self, shards: Sequence[Sequence[MediaRow]], task: ProgressTask) -> Iterator[Shard]:
        """Decode and transform ahead over the borders of shards."""
        stream = decode_many(
            [row.path for rows in shards for row in rows], self.spec, workers=self.workers,
            timeout_s=self.timeout_s, ahead=min(64, shard_rows(self.spec)), decode=make_source,
        )  # fmt: skip
        with closing(stream):
            for rows in shards:
                keys, arrays, refused = _take(rows, stream, task)
                yield Shard(keys, self._data(arrays), refused)

    def _data(self, arrays: list[np.ndarray]) -> Any:
        """Rows as the store takes them."""
        if isinstance(self.spec, FlowSpec) and self.spec.jpeg is not None:
            return [packed(array, self.spec.jpeg) for array in arrays] or None
        made = np.stack(arrays).astype(stored_type(self.spec, self.dtype)) if arrays else None
        return {source_name(self.spec): made}


def shard_rows(spec: SourceSpec) -> int:
    """How many rows go into a shard: what takes about 128 MB, at most 256."""
    return max(
        1, min(_MOST_SHARD_ROWS, _SHARD_BYTES // (prod(spec.shape) * np.dtype(stored_type(spec, "float16")).itemsize))
    )


def time_limit(spec: SourceSpec) -> float:
    """Seconds after which one file is given up: 30, and 30 more for each frame whose flow is computed."""
    return _SECONDS + (_SECONDS_A_FLOW * spec.views.clips * spec.views.frames if isinstance(spec, FlowSpec) else 0.0)


def _check(spec: SourceSpec) -> None:
    """Find a missing library before the first file does, and not once for each."""
    if isinstance(spec, FlowSpec) and spec.raft is None:
        from pipeline.sources.flow import require_opencv

        require_opencv()


def _take(
    rows: Sequence[MediaRow], stream: Iterator[Decoded], task: ProgressTask
) -> tuple[list[str], list[np.ndarray], list[Rejection]]:
    """Take the next files of the stream, which are those of `rows`: keys, arrays, and what failed."""
    keys, arrays, refused = [], [], []
    for row in rows:
        decoded = next(stream).require_verdict()
        if decoded.array is None:
            refused.append(_rejection(row, decoded.reason))
        else:
            keys.append(row.key)
            arrays.append(decoded.array)
        task.advance()
    return keys, arrays, refused


def _rejection(row: MediaRow, reason: str) -> Rejection:
    """Keep as the reason what repeats from file to file; the rest is detail."""
    short, _, error = reason.partition(": ")
    return Rejection(
        key=row.key, reason=short, detail={"path": row.path, "error": error} if error else {"path": row.path}
    )
