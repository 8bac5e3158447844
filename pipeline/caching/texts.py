"""Sentences through a frozen text tower into a store, each different one once.

Within a shard the sentences are sorted by length, so that a batch is trimmed to about the length of all its texts;
batches never straddle shards, so a shard's bytes do not depend on when a run was killed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pipeline.caching.overlong import find_overlong, keep_overlong
from pipeline.caching.rows import Arrays, Clock, concatenate, to_arrays
from pipeline.caching.specs import ComputeType, StoredType, text_features_spec
from pipeline.caching.summary import CacheSummary
from pipeline.caching.tolerance import first_notes
from pipeline.encoders.cards import EncoderCard, text_card
from pipeline.encoders.encoder import Encoder
from pipeline.runner.base import Runner
from pipeline.runner.shards import Published, Shard, in_shards, publish_shards
from pipeline.runner.worker_state import load_encoder
from pipeline.telemetry.progress import Progress, ProgressTask
from stores import ArtifactSpec, Store, text_key

TEXTS_A_SHARD = 4096


def cache_texts(
    store: Store,
    card: EncoderCard,
    texts: Sequence[str],
    *,
    device: str = "auto",
    progress: Progress,
    cut: str = "output",
    dtype: StoredType = "float16",
    compute: ComputeType = "float32",
    shard_rows: int = TEXTS_A_SHARD,
    batch_size: int = 256,
    runner: Runner | None = None,
) -> CacheSummary:
    """Encode the sentences that are not stored yet; keys are `text_key(sentence)`.

    Args:
        store: receives the features.
        card: the encoder.
        texts: sentences; equal ones are one row.
        device: where the encoder runs.
        progress: shows sentences a second.
        cut: where the text tower is cut. Above "output" lie (n, d) "vectors"; at a lower cut "activations" and "ids",
            padded to the context length so that all rows have one shape.
        dtype: stored type.
        compute: type in which the encoder computes.
        shard_rows: rows of a shard.
        batch_size: most sentences of a batch.
        runner: whose workers make the shards; None makes them here.

    Raises:
        EncoderError: the encoder has no text tower, and names no other.
    """
    artifact = store.artifact(text_features_spec(card, cut, dtype, compute))
    by_key = {text_key(text): text for text in texts}
    clock = Clock()
    encoded = 0
    if artifact.missing(by_key):
        work = TextWork(card, device, cut, dtype, compute, batch_size)
        with artifact.writer() as writer:
            missing = [by_key[key] for key in artifact.missing(by_key)]
            with progress.task(work.name, total=len(missing), unit="text") as task:
                shards, keep = in_shards(missing, shard_rows), partial(_keep_overlong, store, artifact.spec)
                for done in publish_shards(work, artifact, writer, shards, runner, task, keep):
                    encoded += done.rows
                    clock.add(done.decode_s, done.encode_s)
                    task.note(clock.split())
    return CacheSummary(len(by_key), encoded, 0, clock.decode, clock.encode, artifact.spec.fingerprint)


def _keep_overlong(store: Store, features: ArtifactSpec, shard: Published) -> None:
    keep_overlong(store, features, shard.remark)


@dataclass(frozen=True)
class TextWork:
    """How the shards of a text tower's features are made; see `cache_texts` for the attributes."""

    card: EncoderCard
    device: str
    cut: str
    dtype: StoredType
    compute: ComputeType
    batch_size: int

    @property
    def name(self) -> str:
        """What people call it."""
        return f"cache {self.card.modality} texts"

    def files(self, rows: Sequence[str]) -> list[str]:
        """Sentences travel themselves."""
        return []

    def keys(self, rows: Sequence[str]) -> list[str]:
        """Those of the sentences."""
        return [text_key(text) for text in rows]

    def make(self, shards: Sequence[Sequence[str]], task: ProgressTask) -> Iterator[Shard]:
        """Encode sentences shard by shard."""
        encoder = load_encoder(text_card(self.card), self.device, self.compute)
        measure = partial(first_notes, encoder, "text", cut=self.cut, stored=self.dtype, compute=self.compute)
        for texts in shards:
            with (clock := Clock()).decoding():
                ids = encoder.tokenize(texts)
                overlong = find_overlong(encoder, texts, ids)
            arrays = encode_ids(encoder, ids, self.cut, self.dtype, self.batch_size, clock)
            task.advance(len(texts))
            yield Shard(
                self.keys(texts), arrays, measure=partial(measure, texts), decode_s=clock.decode, encode_s=clock.encode,
                remark=overlong,
            )  # fmt: skip


def encode_shard(encoder: Encoder, texts: Sequence[str], cut: str, dtype: str, batch_size: int, clock: Clock) -> Arrays:
    """Encode sentences in buckets of about equal length; rows come back in the order given."""
    with clock.decoding():
        ids = encoder.tokenize(texts)
    return encode_ids(encoder, ids, cut, dtype, batch_size, clock)


def encode_ids(
    encoder: Encoder, ids: Sequence[Sequence[int]], cut: str, dtype: str, batch_size: int, clock: Clock
) -> Arrays:
    """Encode tokenized sentences in buckets of about equal length; rows come back in the order given."""
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    parts = []
    with clock.encoding():
        for start in range(0, len(order), batch_size):
            batch = encoder.collate([ids[row] for row in order[start : start + batch_size]])
            parts.append(_pad(encoder, to_arrays(encoder.text.lower(batch, cut), dtype), cut))
    sorted_rows = concatenate(parts)
    back = np.argsort(order)
    return {name: rows[back] for name, rows in sorted_rows.items()}


def _pad(encoder: Encoder, arrays: Arrays, cut: str) -> Arrays:
    """Give trimmed token rows the context length; nothing reads the padding."""
    if cut == "output":
        return arrays
    ids_name = "activations" if cut == encoder.text.cuts[0] else "ids"
    padded = {}
    for name, rows in arrays.items():
        widths = [(0, 0), (0, encoder.context_length - rows.shape[1]), *[(0, 0)] * (rows.ndim - 2)]
        padded[name] = np.pad(rows, widths, constant_values=encoder.pad_id if name == ids_name else 0)
    return padded
