"""Work without an encoder: row i is four numbers drawn from seed i.

Rows may be broken, wrong, kill their process, want 2 GiB, or be slow to end: between the last look whether they are still wanted
and the writing of their shard.
"""

import os
import signal
import time
from dataclasses import dataclass

import numpy as np

from pipeline.runner.shards import Shard, in_shards, publish_shards
from pipeline.telemetry.progress import Progress
from stores import ArtifactSpec, Rejection, Store, text_key
from stores.damage import damaged

SPEC = ArtifactSpec(kind="features", fields={"toy": 1}, backend="hdf5")


@dataclass(frozen=True)
class ToyWork:
    broken: frozenset[int] = frozenset()
    poison: int | None = None
    wrong: int | None = None
    hungry: int | None = None
    slow_to_end: int | None = None
    seconds: float = 0.0
    device: str = "cpu"
    name: str = "cache toy"

    def files(self, rows):
        return [f"file-{row}.png" for row in rows]

    def keys(self, rows):
        return [text_key(str(row)) for row in rows]

    def make(self, shards, task):
        for rows in shards:
            for row in rows:
                time.sleep(self.seconds)
                if row == self.poison:
                    os.kill(os.getpid(), signal.SIGKILL)
                if row == self.hungry:
                    held = np.ones(1 << 28)
                    time.sleep(3)
                    del held
                if row == self.wrong:
                    time.sleep(0.3)
                    raise damaged(Store("w").artifact(SPEC).path / "shards" / "x.h5", "is wrong")
                task.advance()
            if self.slow_to_end in rows:
                time.sleep(1)
            good = [row for row in rows if row not in self.broken]
            data = {"x": np.stack([vector(row) for row in good])} if good else None
            refused = [
                Rejection(text_key(str(row)), "broken", detail={"path": str(row)}) for row in rows if row in self.broken
            ]
            yield Shard(self.keys(good), data, refused, lambda good=good: {"first": float(good[0])}, 1.0, 2.0)


@dataclass(frozen=True)
class Where:
    """A unit that says who did it, from when to when."""

    device: str
    name: str = "where"
    files: tuple[str, ...] = ()
    talks: bool = False

    def run(self, progress):
        from distributed import get_worker

        began = time.monotonic()
        time.sleep(0.3)
        return str(get_worker().name), began, time.monotonic()


def size_of(path, start):
    """A decoder."""
    return np.array([start + len(path)])


def vector(row: int) -> np.ndarray:
    return np.random.default_rng(row).normal(size=4).astype(np.float32)


def publish(workspace, work: ToyWork, rows, runner=None, size: int = 4):
    """Publish the rows that are missing; what `cache_media` does."""
    artifact = Store(workspace).artifact(SPEC)
    with artifact.writer() as writer, Progress.silent().task("toy") as task:
        missing = set(artifact.missing([text_key(str(row)) for row in rows]))
        shards = in_shards([row for row in rows if text_key(str(row)) in missing], size)
        done = list(publish_shards(work, artifact, writer, shards, runner, task))
        assert task.done == sum(map(len, shards))
    return done


def tree(workspace) -> dict[str, bytes]:
    return {str(p.relative_to(workspace)): p.read_bytes() for p in sorted(workspace.rglob("*")) if p.is_file()}
