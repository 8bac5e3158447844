"""Which wanted rows are in no whole shard, told by the manifest alone.

Rows are mostly wanted in the order in which they were published. A stretch of wanted keys is then a shard if the digest of
the stretch is the one that the manifest holds, and the shard's file need not be read, or fetched from another machine, to
know that nothing of it is missing. 100 million rows are compared without being held.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from stores.fingerprint import bytes_key
from stores.part import Part


def keys_digest(keys: Sequence[str]) -> str:
    """Return the key of the keys of a part, in order."""
    return bytes_key("".join(keys).encode("ascii", errors="replace"))


class WholeShards:
    """Compares what is wanted with the shards of a manifest.

    Attributes:
        left: shards that no stretch so far was; only in these can a key be that `outside` has yielded, if no key is
            wanted twice.
    """

    def __init__(self, shards: Sequence[Part]) -> None:
        """Take the shards of the artifact."""
        self.left = {part.first_key: part for part in shards}

    def outside(self, wanted: Iterable[str]) -> Iterator[str]:
        """Yield wanted keys, in order, leaving out every stretch that is a whole shard.

        Args:
            wanted: keys, each once; only as many as the largest shard has rows are held at a time.
        """
        rest = iter(wanted)
        for key in rest:
            part = self.left.get(key)
            if part is None or not part.keys:
                yield key
                continue
            stretch = [key, *islice(rest, part.rows - 1)]
            if keys_digest(stretch) == part.keys:
                del self.left[key]
            else:
                yield from stretch
