"""Stored sources through a frozen media tower, up to a cut: shards that this process or any worker makes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.caching.needs import Input
from pipeline.caching.rows import Clock, to_arrays
from pipeline.caching.summary import CacheSummary
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.encoder import Encoder
from pipeline.run.bound import Bound
from pipeline.runner.shards import Shard, in_shards, publish_shards
from pipeline.runner.worker_state import load_encoder
from pipeline.sources.specs import source_artifact, source_name
from pipeline.telemetry.progress import ProgressTask
from stores import Artifact

_IMAGES_A_BATCH = 64
_ROWS_A_SHARD = 64  # a row may hold eight views


def encode_stored(bound: Bound[Any], wanted: Input) -> CacheSummary:
    """What the tower makes of a stored source, up to a cut; every view of an image is in its row.

    Args:
        bound: the recipe and where it runs.
        wanted: its source is stored.
    """
    config, need, store = bound.recipe.cache, wanted.need, bound.store
    assert need.card is not None and need.source is not None
    artifact, keys, clock, encoded = store.artifact(need.spec(config)), wanted.keys, Clock(), 0
    if artifact.missing(keys):
        stored = store.artifact(source_artifact(need.source))
        work = EncodeWork(
            need.card, bound.device, config.compute, config.dtype, stored, source_name(need.source), need.cut
        )
        with artifact.writer() as writer:
            missing = artifact.missing(keys)
            with bound.progress.task(work.name, total=len(missing), unit="image") as bar:
                shards = in_shards(missing, config.shard_rows or _ROWS_A_SHARD)
                for done in publish_shards(work, artifact, writer, shards, bound.runner, bar):
                    encoded += done.rows
                    clock.add(done.decode_s, done.encode_s)
    return CacheSummary(len(keys), encoded, 0, clock.decode, clock.encode, artifact.spec.fingerprint)


@dataclass(frozen=True)
class EncodeWork:
    """How the shards of an image tower's output are made; a row is a key, and holds every view of its image.

    Attributes:
        card: the encoder.
        device: where it runs.
        compute: type in which it computes.
        dtype: stored type.
        pixels: holds what is encoded.
        array: what `pixels` calls it.
        cut: of the image tower.
    """

    card: EncoderCard
    device: str
    compute: str
    dtype: str
    pixels: Artifact
    array: str
    cut: str

    @property
    def name(self) -> str:
        """What people call it."""
        return f"encode images up to {self.cut}"

    def files(self, rows: Sequence[str]) -> list[str]:
        """None that a user knows: the pixels are in the store."""
        return []

    def keys(self, rows: Sequence[str]) -> list[str]:
        """The rows themselves."""
        return list(rows)

    def make(self, shards: Sequence[Sequence[str]], task: ProgressTask) -> Iterator[Shard]:
        """Encode shard by shard."""
        encoder = load_encoder(self.card, self.device, self.compute)
        for keys in shards:
            clock = Clock()
            with clock.decoding():
                rows = self.pixels.arrays(list(keys))[self.array]
            with clock.encoding():
                encoded = self._encoded(encoder, rows)
            task.advance(len(keys))
            yield Shard(keys, encoded, decode_s=clock.decode, encode_s=clock.encode)

    def _encoded(self, encoder: Encoder, rows: np.ndarray) -> dict[str, np.ndarray]:
        size = rows.shape[-3:]
        flat = rows.reshape(-1, *size)
        parts = [
            to_arrays(encoder.media.lower(flat[start : start + _IMAGES_A_BATCH], self.cut), self.dtype)
            for start in range(0, len(flat), _IMAGES_A_BATCH)
        ]
        whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return {name: array.reshape(*rows.shape[:-3], *array.shape[1:]) for name, array in whole.items()}
