"""Stored sources through a frozen media tower, up to a cut: shards that this process or any worker makes."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.caching.lowering import Lowering, one_behind, rows_a_batch
from pipeline.caching.needs import Input
from pipeline.caching.reading import Reading
from pipeline.caching.rows import Arrays, Clock
from pipeline.caching.summary import CacheSummary
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.tower import Tower
from pipeline.runner.shards import Shard, in_shards, publish_shards
from pipeline.runner.worker_state import load_encoder
from pipeline.runs.bound import Bound
from pipeline.sources.lossy_flow import source_rows
from pipeline.sources.specs import item_dims, source_artifact, source_name
from pipeline.telemetry.progress import ProgressTask
from stores import Artifact, Rejection

_ROWS_A_SHARD = 64  # a row may hold eight views
_PICTURE = 3  # dimensions of one


def encode_stored(bound: Bound[Any], wanted: Input) -> CacheSummary:
    """What the tower makes of a stored source, up to a cut; every view of an image, every segment of a sound, is in its row.

    What the source has rejected is rejected here, too, and for the same reason; once it is made, so is this.

    Args:
        bound: the recipe and where it runs.
        wanted: its source is stored.
    """
    config, need, store = bound.recipe.cache, wanted.need, bound.store
    assert need.card is not None and need.source is not None
    artifact, keys, clock, encoded = store.artifact(need.spec(config)), wanted.keys, Clock(), 0
    stored = store.artifact(source_artifact(need.source))
    refused = {row.key: row for row in stored.rejected()}
    again = frozenset(row.key for row in artifact.rejected() if row.key not in refused)
    absent: list[Rejection] = []
    if artifact.missing(keys, again):
        work = EncodeWork(
            need.card, bound.device, config.compute, config.dtype, stored, source_name(need.source), need.cut,
            item_dims(need.source), need.reading,
        )  # fmt: skip
        with artifact.writer() as writer:
            missing = artifact.missing(keys, again)
            absent = [Rejection(key, refused[key].reason, 1, refused[key].detail) for key in missing if key in refused]
            if absent:
                writer.publish([], rejected=absent)
            there = [key for key in missing if key not in refused]
            with bound.progress.task(work.name, total=len(there), unit="image") as bar:
                shards = in_shards(there, config.shard_rows or _ROWS_A_SHARD)
                for done in publish_shards(work, artifact, writer, shards, bound.runner, bar):
                    encoded += done.rows
                    clock.add(done.decode_s, done.encode_s)
    return CacheSummary(len(keys), encoded, len(absent), clock.decode, clock.encode, artifact.spec.fingerprint)


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
        dims: of one thing that the tower reads; what a row has before them are views, frames or segments.
        reading: how the tower reads them, where they are not its own kind of input.
    """

    card: EncoderCard
    device: str
    compute: str
    dtype: str
    pixels: Artifact
    array: str
    cut: str
    dims: int = _PICTURE
    reading: Reading | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"encode {'images' if self.dims == _PICTURE else 'spectrograms'} up to {self.cut}"

    def files(self, rows: Sequence[str]) -> list[str]:
        """None that a user knows: the pixels are in the store."""
        return []

    def keys(self, rows: Sequence[str]) -> list[str]:
        """The rows themselves."""
        return list(rows)

    def make(self, shards: Sequence[Sequence[str]], task: ProgressTask) -> Iterator[Shard]:
        """Encode shard by shard."""
        encoder = load_encoder(self.card, self.device, self.compute)
        tower = encoder.media if self.reading is None else self.reading.tower(encoder)

        def taken() -> Iterator[tuple[Sequence[str], _Lowered]]:
            for keys, rows, clock in self._read(shards):
                with clock.encoding():
                    lowered = _Lowered(tower, self.cut, self.dtype, rows, self.dims, clock)
                task.advance(len(keys))
                yield keys, lowered

        for keys, lowered in one_behind(taken(), tower.device):
            arrays = lowered.arrays()
            yield Shard(keys, arrays, decode_s=lowered.clock.decode, encode_s=lowered.clock.encode)

    def _read(self, shards: Sequence[Sequence[str]]) -> Iterator[tuple[Sequence[str], np.ndarray, Clock]]:
        """Rows of every shard, those of the next one while this one is encoded."""
        with ThreadPoolExecutor(1) as reader:
            ahead = None
            for keys, after in zip(shards, [*shards[1:], None], strict=True):
                clock = Clock()
                with clock.decoding():
                    rows = ahead.result() if ahead else self._rows(keys)
                ahead = None if after is None else reader.submit(self._rows, after)
                yield keys, rows, clock

    def _rows(self, keys: Sequence[str]) -> np.ndarray:
        found = source_rows(self.pixels, list(keys), self.array)
        return found if self.reading is None else self.reading.rows(keys, found)


class _Lowered:
    """The views of a shard's rows, every one put through the tower."""

    def __init__(self, tower: Tower, cut: str, dtype: str, rows: np.ndarray, dims: int, clock: Clock) -> None:
        self.clock = clock
        self._views = rows.shape[:-dims]
        self._lowering = Lowering(tower, cut, dtype)
        flat, size = rows.reshape(-1, *rows.shape[-dims:]), 2 * rows_a_batch(tower.device)
        for start in range(0, len(flat), size):
            self._lowering.put(flat[start : start + size])

    def arrays(self) -> Arrays:
        """What the tower made, a row an image."""
        with self.clock.encoding():
            whole = self._lowering.arrays()
        assert whole is not None, "a shard holds a row at least"
        return {name: array.reshape(*self._views, *array.shape[1:]) for name, array in whole.items()}
