"""Shards that take a given time and hold next to nothing, for what a runner costs; workers import this."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.runner.shards import Shard
from pipeline.telemetry.progress import ProgressTask
from stores import text_key


@dataclass(frozen=True)
class TinyShards:
    """Four numbers a shard, made in `seconds`."""

    seconds: float
    name: str = "tiny shards"
    device: str = "cpu"

    def files(self, rows: Sequence[int]) -> list[str]:
        """Nothing is read."""
        return []

    def keys(self, rows: Sequence[int]) -> list[str]:
        """Of numbers."""
        return [text_key(str(row)) for row in rows]

    def make(self, shards: Sequence[Sequence[int]], task: ProgressTask) -> Iterator[Shard]:
        """Make them."""
        import numpy as np

        for rows in shards:
            time.sleep(self.seconds)
            task.advance(len(rows))
            yield Shard(self.keys(rows), {"x": np.full((len(rows), 4), rows[0], np.float32)})
