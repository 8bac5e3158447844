"""Images, sounds and videos through a frozen media tower into a store, each different file once.

Worker processes decode ahead while the encoder works. A file that cannot be decoded becomes a rejected row, published
with the shard it would have been in. Batches never straddle shards, so a shard's bytes do not depend on when a run
was killed.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing

import numpy as np

from pipeline.caching.rows import Arrays, Clock, concatenate, to_arrays
from pipeline.caching.specs import ComputeType, StoredType, media_features_spec
from pipeline.caching.summary import CacheSummary
from pipeline.caching.tolerance import ROWS, first_notes
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.base import Encoder
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.load import load_encoder
from pipeline.media.isolation import Decoded, decode_many
from pipeline.progress import Progress, ProgressTask
from stores import Rejection, Store


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
    shard_rows: int = 256,
    batch_size: int = 32,
    retry_rejected: bool = False,
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
        batch_size: most files of a batch.
        retry_rejected: whether files that failed in an earlier run are tried again.
    """
    assert card.media is not None, "texts are no media: they go through cache_texts"
    artifact = store.artifact(media_features_spec(card, cut, dtype, compute))
    by_key: dict[str, MediaRow] = {}
    for row in rows:
        by_key.setdefault(row.key, row)
    clock = Clock()
    encoded = rejected = 0
    if artifact.missing(by_key, retry_rejected):
        encoder = load_encoder(card, device, compute)
        with artifact.writer() as writer:
            missing = [by_key[key] for key in artifact.missing(by_key, retry_rejected)]
            paths = [row.path for row in missing]
            stream = decode_many(paths, card.media, workers=workers, timeout_s=timeout_s, ahead=2 * batch_size)
            task_name = f"cache {card.modality}"
            with closing(stream), progress.task(task_name, total=len(missing), unit="file") as task:
                for start in range(0, len(missing), shard_rows):
                    shard = _Shard(encoder, cut, dtype, batch_size, clock, task)
                    shard.take(missing[start : start + shard_rows], stream)
                    sample = [] if artifact.manifest.rows else shard.sample
                    notes = first_notes(encoder, "media", sample, cut, stored=dtype, compute=compute) if sample else {}
                    writer.publish(shard.keys, shard.arrays(), rejected=shard.rejected, notes=notes)
                    encoded += len(shard.keys)
                    rejected += len(shard.rejected)
    return CacheSummary(len(by_key), encoded, rejected, clock.decode, clock.encode, artifact.spec.fingerprint)


class _Shard:
    """Rows of one shard while they are made."""

    def __init__(
        self, encoder: Encoder, cut: str, dtype: str, batch_size: int, clock: Clock, task: ProgressTask
    ) -> None:
        self.keys: list[str] = []
        self.rejected: list[Rejection] = []
        self.sample: list[np.ndarray] = []
        self._encoder, self._cut, self._dtype = encoder, cut, dtype
        self._batch_size, self._clock, self._task = batch_size, clock, task
        self._batch: list[np.ndarray] = []
        self._parts: list[Arrays] = []

    def take(self, rows: Sequence[MediaRow], stream: Iterator[Decoded]) -> None:
        """Take the next files of the stream, which are those of `rows`, and encode them batch by batch."""
        for row in rows:
            with self._clock.decoding():
                decoded = next(stream)
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
        return concatenate(self._parts) if self._parts else None

    def _encode(self) -> None:
        if not self._batch:
            return
        with self._clock.encoding():
            acts = self._encoder.media.lower(self._encoder.batch(self._batch), self._cut)
            self._parts.append(to_arrays(acts, self._dtype))
        self._batch.clear()
        self._task.note(self._clock.split())


def _rejection(row: MediaRow, reason: str) -> Rejection:
    """Keep as the reason what repeats from file to file; the rest is detail."""
    short, _, error = reason.partition(": ")
    detail = {"path": row.path, "error": error} if error else {"path": row.path}
    return Rejection(key=row.key, reason=short, detail=detail)
