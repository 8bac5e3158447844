"""Videos that lie in more than one split, and the rows that are left out where they must not."""

from collections import defaultdict
from collections.abc import Sequence

from pipeline.datasets.av.listed import SPLITS, Leak, Split


def leaks_of(videos: Sequence[str], splits: Sequence[Split | None]) -> tuple[Leak, ...]:
    """Videos of more than one split, in the order of the list; rows of no split (None) do not count."""
    where: dict[str, list[tuple[Split, int]]] = defaultdict(list)
    for number, (video, split) in enumerate(zip(videos, splits, strict=True)):
        if split is not None:
            where[video].append((split, number))
    return tuple(Leak(name, tuple(found)) for name, found in where.items() if len({split for split, _ in found}) > 1)


def rows_given_up(leaks: Sequence[Leak]) -> frozenset[int]:
    """Rows of which a later split has the video, too: what is judged stays whole, what is learned from gives way."""
    dropped: set[int] = set()
    for leak in leaks:
        last = max(SPLITS.index(split) for split, _ in leak.rows)
        dropped.update(number for split, number in leak.rows if SPLITS.index(split) < last)
    return frozenset(dropped)
