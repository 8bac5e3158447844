"""Planning 100 million rows in 10,000 shards, on a manifest made up for it: seconds, memory, bytes.

The keys are numbers in 32 hexadecimal digits; of the shards' files only their names are real. All rows but those of the last 100
shards are there. The figure is what the plan takes beyond going through the list of wanted keys, which whoever wants them makes;
the table shows both. The other thing measured bounds how many shards a second one artifact can grow by, however many workers
there are: for each, or for as many as are ready at once, the holder of the lock writes the manifest anew.
"""

import resource
import tempfile
import time
from collections.abc import Iterator, Set

from side_by_side import Claim, Finding, duration, tell

CLAIM = Claim(
    "what is missing of 100 million rows in 10,000 shards: seconds beyond producing the wanted keys",
    5,
    at_least=False,
    unit=" s",
)
SHARDS, MISSING, ROWS = 10_000, 100, 10_000
_MOST_MEMORY = 1e9
_ZEROS = "0" * 20


class Wanted(Set):
    """All keys, made as they are asked for."""

    def __len__(self) -> int:
        return SHARDS * ROWS

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and int(key, 16) < len(self)

    def __iter__(self) -> Iterator[str]:
        for shard in range(SHARDS):
            yield from keys_of(shard)


def keys_of(shard: int) -> list[str]:
    start = f"{_ZEROS}{shard:06}"
    return [start + end for end in _ENDS]


_ENDS = [f"{row:06}" for row in range(ROWS)]


def measure(rounds: int) -> Finding:
    from stores import ArtifactSpec, Store
    from stores.manifest import Manifest, read_manifest
    from stores.part import Part
    from stores.whole_shards import keys_digest

    spec = ArtifactSpec(kind="features", fields={"of": "scale"}, backend="hdf5")
    with tempfile.TemporaryDirectory() as folder:
        artifact = Store(folder).artifact(spec)
        (artifact.path / "shards").mkdir(parents=True)
        parts = []
        for number in range(SHARDS - MISSING):
            keys = keys_of(number)
            part = Part(
                f"{number:06}-{number:016x}.h5", ROWS, keys[0], keys[-1], 1, f"{number:064x}", keys_digest(keys)
            )
            (artifact.path / "shards" / part.file).write_bytes(b"x")
            parts.append(part)
        manifest = Manifest(spec, {"vectors": "float16[512]"}, tuple(parts))
        published = _seconds(lambda: manifest.write(artifact.path))
        read = _seconds(lambda: read_manifest(artifact.path))
        size = (artifact.path / "manifest.json").stat().st_size
        before = _peak()
        produced = _seconds(lambda: sum(1 for _ in Wanted()))
        found: list[str] = []
        planned = _seconds(lambda: found.extend(Store(folder).artifact(spec).missing(Wanted())))
    sound = len(found) == MISSING * ROWS and found[0] == keys_of(SHARDS - MISSING)[0]
    peak = _peak()
    return Finding(
        planned - produced,
        {
            "producing the wanted keys": [duration(produced), f"{produced / len(Wanted()) * 1e9:.0f} ns"],
            "planning, keys and all": [duration(planned), f"{planned / len(Wanted()) * 1e9:.0f} ns"],
            "reading the manifest": [duration(read), ""],
            "publishing one more shard: the manifest": [duration(published), ""],
        },
        columns=("seconds", "a row"),
        notes=[
            f"manifest {size / 1e6:.1f} MB; peak memory {peak / 1e6:.0f} MB ({before / 1e6:.0f} MB before planning), allowed "
            f"{_MOST_MEMORY / 1e6:.0f} MB: {'yes' if peak < _MOST_MEMORY else 'NO'}",
            f"{len(found):,} rows found missing, as they are: {'yes' if sound else 'NO'}",
        ],
        sound=sound and peak < _MOST_MEMORY,
    )


def _seconds(call: object) -> float:
    start = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - start


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=1)
