"""Files whose labels may be used: a share of a data set that temperatures and thresholds are chosen on, not judged."""

from collections import defaultdict
from collections.abc import Sequence
from hashlib import sha256

from pipeline.datasets.rows import MediaRow


def split_rows(rows: Sequence[MediaRow], share: float) -> tuple[list[MediaRow], list[MediaRow]]:
    """Rows to judge, and rows that are held out of that.

    The same share of every class (of every set of labels) is held out, at least one file where there are two. Which files, is
    told by a hash of their keys: copies of a file stay on one side, and files that are added later move few others.

    Args:
        rows: of a data set, with labels or without; those without are judged.
        share: between 0 and 1; 0 holds out nothing.
    """
    groups: dict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
    for row in rows:
        if row.labels:
            groups[tuple(sorted(row.labels))][row.key] = sha256(f"held out {row.key}".encode()).hexdigest()
    held: set[str] = set()
    for keys in groups.values():
        count = min(max(1, round(share * len(keys))), len(keys) - 1) if share else 0
        held.update(sorted(keys, key=lambda key: keys[key])[:count])
    return [row for row in rows if row.key not in held], [row for row in rows if row.key in held]
