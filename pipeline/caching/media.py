"""Images, sounds and videos through a frozen media tower into a store, each different file once.

Worker processes decode ahead while the encoder works. A file that cannot be decoded becomes a rejected row, published
with the shard it would have been in. Batches never straddle shards, so a shard's bytes do not depend on when a run
was killed.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.caching.lowering import Lowering, one_behind, rows_a_batch
from pipeline.caching.rows import Arrays, Clock
from pipeline.caching.specs import ComputeType, StoredType, media_features_spec
from pipeline.caching.summary import CacheSummary
from pipeline.caching.tolerance import ROWS, first_notes
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.base import Encoder
from pipeline.encoders.cards import EncoderCard
from pipeline.media.isolation import Decoded, decode_many
from pipeline.progress import Progress, ProgressTask
from pipeline.runner.base import Runner
from pipeline.runner.shards import Shard, in_shards, publish_shards
from pipeline.runner.worker_state import load_encoder
from stores import Rejection, Store

FILES_A_SHARD = 256


def cache_media(
    store: Store,
    card: EncoderCard,
    rows: Sequence[MediaRow],
    *,
    device: str = "auto",
    progress: Progress,
    cut: str = "output",
    dtype: StoredType = "float16",
    compute: ComputeType = "float32",
    workers: int = 1,
    timeout_s: float = 30.0,
    shard_rows: int = FILES_A_SHARD,
    batch_size: int | None = None,
    retry_rejected: bool | frozenset[str] = False,
    runner: Runner | None = None,
) -> CacheSummary:
    """Decode and encode the files that are neither stored nor rejected yet.

    Args:
        store: receives the features.
        card: the encoder.
        rows: files with their keys; equal keys are one row.
        device: where the encoder runs.
        progress: shows files a second, and whether decoding or encoding is the wall.
        cut: where the media tower is cut.
        dtype: stored type of what is not whole numbers.
        compute: type in which the encoder computes.
        workers: decoding processes; 0 decodes in this one, unprotected.
        timeout_s: seconds that one file may take to decode.
        shard_rows: rows of a shard.
        batch_size: most files of a batch; None takes what suits the device.
        retry_rejected: whether files that failed in an earlier run are tried again, or which, by their keys.
        runner: whose workers make the shards; None makes them here.
    """
    assert card.media is not None, "texts are no media: they go through cache_texts"
    artifact = store.artifact(media_features_spec(card, cut, dtype, compute))
    by_key: dict[str, MediaRow] = {}
    for row in rows:
        by_key.setdefault(row.key, row)
    clock = Clock()
    encoded = rejected = 0
    if artifact.missing(by_key, retry_rejected):
        work = MediaWork(card, device, cut, dtype, compute, workers, timeout_s, batch_size)
        with artifact.writer() as writer:
            missing = [by_key[key] for key in artifact.missing(by_key, retry_rejected)]
            with progress.task(work.name, total=len(missing), unit="file") as task:
                for done in publish_shards(work, artifact, writer, in_shards(missing, shard_rows), runner, task):
                    encoded, rejected = encoded + done.rows, rejected + done.rejected
                    clock.add(done.decode_s, done.encode_s)
                    task.note(clock.split())
    return CacheSummary(len(by_key), encoded, rejected, clock.decode, clock.encode, artifact.spec.fingerprint)


@dataclass(frozen=True)
class MediaWork:
    """How the shards of a media tower's features are made; see `cache_media` for the attributes."""

    card: EncoderCard
    device: str
    cut: str
    dtype: StoredType
    compute: ComputeType
    workers: int
    timeout_s: float
    batch_size: int | None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"cache {self.card.modality}"

    def files(self, rows: Sequence[MediaRow]) -> list[str]:
        """Where the rows' files lie."""
        return [row.path for row in rows]

    def keys(self, rows: Sequence[MediaRow]) -> list[str]:
        """Those of the files."""
        return [row.key for row in rows]

    def make(self, shards: Sequence[Sequence[MediaRow]], task: ProgressTask) -> Iterator[Shard]:
        """Decode ahead over the borders of shards, encode shard by shard."""
        encoder = load_encoder(self.card, self.device, self.compute)
        size = self.batch_size or rows_a_batch(encoder.media.device)
        paths = [row.path for rows in shards for row in rows]
        stream = decode_many(paths, self.card.media, workers=self.workers, timeout_s=self.timeout_s, ahead=2 * size)
        measure = partial(first_notes, encoder, "media", cut=self.cut, stored=self.dtype, compute=self.compute)

        def taken() -> Iterator[_Shard]:
            for rows in shards:
                shard = _Shard(encoder, self.cut, self.dtype, size, task)
                shard.take(rows, stream)
                yield shard

        with closing(stream):
            for shard in one_behind(taken(), encoder.media.device):
                arrays, clock = shard.arrays(), shard.clock
                yield Shard(
                    shard.keys, arrays, shard.rejected, partial(measure, shard.sample), clock.decode, clock.encode
                )


class _Shard:
    """Rows of one shard while they are made."""

    def __init__(self, encoder: Encoder, cut: str, dtype: str, batch_size: int, task: ProgressTask) -> None:
        self.keys: list[str] = []
        self.rejected: list[Rejection] = []
        self.sample: list[np.ndarray] = []
        self.clock = Clock()
        self._encoder, self._batch_size, self._task = encoder, batch_size, task
        self._batch: list[np.ndarray] = []
        self._lowering = Lowering(encoder.media, cut, dtype)

    def take(self, rows: Sequence[MediaRow], stream: Iterator[Decoded]) -> None:
        """Take the next files of the stream, which are those of `rows`, and encode them batch by batch."""
        for row in rows:
            with self.clock.decoding():
                decoded = next(stream).require_verdict()
            if decoded.array is None:
                self.rejected.append(_rejection(row, decoded.reason))
            else:
                self.keys.append(row.key)
                self._batch.append(decoded.array)
                self.sample += [decoded.array] if len(self.sample) < ROWS else []
            if len(self._batch) == self._batch_size:
                self._encode()
            self._task.advance()
        self._encode()

    def arrays(self) -> Arrays | None:
        """Rows of all files that could be decoded; None if there are none."""
        with self.clock.encoding():
            return self._lowering.arrays()

    def _encode(self) -> None:
        if not self._batch:
            return
        with self.clock.encoding():
            self._lowering.put(self._encoder.batch(self._batch))
        self._batch.clear()
        self._task.note(self.clock.split())


def _rejection(row: MediaRow, reason: str) -> Rejection:
    """Keep as the reason what repeats from file to file; the rest is detail."""
    short, _, error = reason.partition(": ")
    detail = {"path": row.path, "error": error} if error else {"path": row.path}
    return Rejection(key=row.key, reason=short, detail=detail)
