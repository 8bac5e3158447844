"""Rejected rows are rows too: what was refused, why and how often.

A part file under `rejected/` is a Parquet table of key, reason, attempts and detail, so that people can query
it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stores.part import Part
from stores.text import as_text


@dataclass(frozen=True)
class Rejection:
    """A row that could not be made.

    Attributes:
        key: the row's key.
        reason: a short reason that repeats from row to row and can be counted, e.g. "no JSON object found".
        attempts: how often it was tried in the run that publishes it; an artifact adds the attempts of all
            runs up.
        detail: what helps to look into it, e.g. {"path": ...} or {"text": ...}.
    """

    key: str
    reason: str
    attempts: int = 1
    detail: Mapping[str, str] = field(default_factory=dict)

    def after(self, earlier: "Rejection | None") -> "Rejection":
        """Return this rejection with the attempts of an earlier one of the same key added."""
        if earlier is None:
            return self
        return Rejection(self.key, self.reason, earlier.attempts + self.attempts, self.detail)


def write_rejections(path: Path, rejections: Sequence[Rejection]) -> None:
    """Write one part file."""
    import pyarrow as pa

    from stores.parquet import write_table

    columns = {
        "key": pa.array([row.key for row in rejections], pa.string()),
        "reason": pa.array([as_text(row.reason) for row in rejections], pa.string()),
        "attempts": pa.array([row.attempts for row in rejections], pa.int32()),
        # Sorted, since the bytes must not depend on the order in which a dict was filled.
        "detail": pa.array([_stored(row.detail) for row in rejections], pa.map_(pa.string(), pa.string())),
    }
    write_table(path, pa.table(columns))


def read_rejections(path: Path, part: Part) -> list[Rejection]:
    """Read one part file and compare it with the manifest.

    Raises:
        ShardError: if it is gone or damaged.
        UnreadableError: if the machine could not read it.
    """
    from stores.compared import check_keys_of, parsing
    from stores.parquet import ERRORS, read_whole

    with parsing(path, part, *ERRORS):
        rows = read_whole(path, part).to_pylist()
        found = [Rejection(row["key"], row["reason"], row["attempts"], dict(row["detail"])) for row in rows]
    check_keys_of(path, part, [row.key for row in found])
    return found


def _stored(detail: Mapping[str, str]) -> list[tuple[str, str]]:
    return sorted((name, as_text(value)) for name, value in detail.items())
