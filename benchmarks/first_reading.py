"""What it costs to compare shards with the manifest's SHA-256 when a process reads them first.

The same rows are read with the comparison and without it, from the page cache, which is the worst case: from a disk the reading
itself takes longer and the share is smaller. Sentences' features (512 float16, shards of 4,096 rows, 4 MiB) are gathered whole,
as training does once. The table also shows one row out of each shard, for growing shards: what is mapped need not be read, so the
comparison is nearly all of the time, and above `stores.compared.WHOLE_UP_TO` it is left out.
"""

import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from side_by_side import Claim, Finding, duration, ratio, shown, take_turns, tell

CLAIM = Claim("all rows of 512 x float16, read first: compared / not compared", 4, at_least=False)
ROWS, SHARD, DIM = 65_536, 4_096, 512
SIZES_MIB = (4, 16, 32, 64, 128)
SENTENCES = 100_000


def measure(rounds: int) -> Finding:
    import numpy as np
    import pyarrow as pa

    from stores import Artifact, ArtifactSpec, Store, compared, parquet, text_key

    rng = np.random.default_rng(0)
    keys = [text_key(str(number)) for number in range(max(ROWS, SENTENCES))]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)

        def made(name: str, backend: Any, parts: Any) -> Artifact:
            artifact = store.artifact(ArtifactSpec(kind="bench", fields={"name": name}, backend=backend))
            with artifact.writer() as writer:
                for some, data in parts:
                    writer.publish(some, data)
            return artifact

        def shards(rows: int, size: int, dim: int) -> Any:
            for start in range(0, rows, size):
                yield keys[start : start + size], {"vectors": rng.standard_normal((size, dim), np.float32).astype("f2")}

        features = made("features", "hdf5", shards(ROWS, SHARD, DIM))
        texts = pa.table(
            {"text": [f"There is the {key[:4]}, small and {key[4:9]} on a table." for key in keys[:SENTENCES]]}
        )
        step = 5_000
        sentences = made(
            "texts", "parquet", ((keys[at : at + step], texts.slice(at, step)) for at in range(0, SENTENCES, step))
        )
        large = {mib: made(str(mib), "hdf5", shards(8, 8, mib * 2**16)) for mib in SIZES_MIB}

        def first(artifact: Artifact, wanted: list[str], up_to: int) -> None:
            """As a process does that has read nothing but the keys."""
            compared._compared.clear()
            artifact._index.rows().maps.clear()
            with patch.object(compared, "WHOLE_UP_TO", up_to):
                artifact.arrays(wanted)

        def uncompared_table() -> None:
            with patch.object(parquet, "part_bytes", lambda path, part: path.read_bytes()):
                sentences.table()

        ways: dict[str, Any] = {
            "features, compared": lambda: first(features, keys[:ROWS], 2**40),
            "features, not compared": lambda: first(features, keys[:ROWS], 0),
            "sentences, compared": sentences.table,
            "sentences, not compared": uncompared_table,
        }
        for mib, artifact in large.items():
            ways[f"one row of a shard of {mib} MiB, compared"] = lambda a=artifact: first(a, keys[3:4], 2**40)
            ways[f"one row of a shard of {mib} MiB, not compared"] = lambda a=artifact: first(a, keys[3:4], 0)
        times = take_turns(ways, rounds)
        limit = compared.WHOLE_UP_TO
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.parquet"))
    return Finding(
        ratio(times["features, compared"], times["features, not compared"]),
        {name: shown(seconds) for name, seconds in times.items()},
        notes=[
            f"sentences: {ratio(times['sentences, compared'], times['sentences, not compared']):.2f}x, {size / 2**20:.1f} MiB",
            f"the limit is {limit / 2**20:g} MiB: at most "
            f"{duration(min(times[f'one row of a shard of {limit // 2**20} MiB, compared']))} before the first row",
        ],
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=7)
