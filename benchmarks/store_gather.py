"""Random rows out of the store against the same rows out of one flat memory-mapped array.

Rows are 512 float16, as text features are. The store looks each row's place up by its key and gathers over many shards;
the flat array has neither keys nor shards and is the floor. The figure is for one call that brings all rows, which is how
training reads its sentences; calls of 768 rows, where looking at the manifest and at every shard weighs more, are shown.
"""

import tempfile
from pathlib import Path

from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

CLAIM = Claim("random rows of 512 x float16, one call: the store / one flat memory map", 5, at_least=False)
ROWS, SHARD, BATCH, BATCHES, DIM = 65_536, 4_096, 768, 80, 512


def measure(rounds: int) -> Finding:
    import numpy as np

    from stores import ArtifactSpec, Store, text_key

    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((ROWS, DIM), np.float32).astype(np.float16)
    keys = [text_key(str(number)) for number in range(ROWS)]
    wanted = rng.integers(0, ROWS, (BATCHES, BATCH))
    wanted_keys = [[keys[number] for number in batch] for batch in wanted]
    with tempfile.TemporaryDirectory() as folder:
        artifact = Store(folder).artifact(ArtifactSpec(kind="features", fields={}, backend="hdf5"))
        with artifact.writer() as writer:
            for start in range(0, ROWS, SHARD):
                part = slice(start, start + SHARD)
                writer.publish(keys[part], {"vectors": vectors[part]})
        np.save(Path(folder) / "flat.npy", vectors)
        flat = np.load(Path(folder) / "flat.npy", mmap_mode="r")

        every_key, every_row = [key for batch in wanted_keys for key in batch], wanted.reshape(-1)

        def in_batches() -> None:
            for batch in wanted_keys:
                artifact.arrays(batch)

        same = all(
            np.array_equal(artifact.arrays(by_key)["vectors"], flat[batch])
            for by_key, batch in zip(wanted_keys, wanted, strict=True)
        )
        ways = {
            "store, one call": lambda: artifact.arrays(every_key),
            f"store, calls of {BATCH} rows": in_batches,
            "flat memory map, one call": lambda: np.take(flat, every_row, axis=0),
        }
        times = take_turns(ways, rounds)
    count = BATCH * BATCHES
    return Finding(
        ratio(times["store, one call"], times["flat memory map, one call"]),
        {name: [*shown(seconds), f"{count / min(seconds) / 1e6:.2f} M"] for name, seconds in times.items()},
        columns=("fastest", "median", "rows/s"),
        notes=[
            f"{count:,} of {ROWS:,} rows in {ROWS // SHARD} shards; rows equal: {'yes' if same else 'NO'}",
        ],
        sound=same,
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=15)
