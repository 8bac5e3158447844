"""How much of this machine's disk copies of remote shards may take: `MMPT_COPIES_GB` of it, or as much as there is.

What was used longest ago goes first. What was used in the last minutes stays, even above the limit: somebody may be about to
map it. A file that is mapped stays readable when its name is gone.
"""

import os
import time
from contextlib import suppress
from pathlib import Path

from stores.address import cache_folder
from stores.commit import TEMPORARY
from stores.errors import WorkspaceError
from stores.reading import reading

COPIES = "copies"
"""The folder of copies in the local side of a workspace."""

_IN_USE_S = 600.0


def make_room() -> None:
    """Remove copies until all workspaces together keep to the limit.

    Raises:
        WorkspaceError: `MMPT_COPIES_GB` is no number.
    """
    limit = _limit_bytes()
    if limit is None:
        return
    found = [(path, stat) for path in _copies() if (stat := _stat(path))]
    total = sum(stat.st_size for _, stat in found)
    for path, stat in sorted(found, key=lambda each: each[1].st_mtime):
        if total <= limit or time.time() - stat.st_mtime < _IN_USE_S:
            return
        path.unlink(missing_ok=True)
        total -= stat.st_size


def is_usable(copy: Path, size: int) -> bool:
    """Tell whether a copy is here in full length, and note that it is needed now, so that nobody takes it away."""
    try:
        with reading(copy):
            with suppress(PermissionError):  # it is another user's, who may take it away
                os.utime(copy)
            return copy.stat().st_size == size
    except FileNotFoundError:  # also where another process has taken it away this moment
        return False


def _copies() -> list[Path]:
    return [
        path
        for folder in cache_folder().glob(f"*/{COPIES}")
        for path in folder.rglob("*")
        if not path.name.startswith(TEMPORARY)
    ]


def _stat(path: Path) -> os.stat_result | None:
    """Of a file that another process has not removed meanwhile."""
    try:
        return path.stat() if path.is_file() else None
    except FileNotFoundError:
        return None


def _limit_bytes() -> float | None:
    asked = os.environ.get("MMPT_COPIES_GB")
    if not asked:
        return None
    try:
        limit = float(asked) * 1e9
    except ValueError:
        limit = -1.0
    if not limit >= 0:
        raise WorkspaceError(
            f"MMPT_COPIES_GB is {asked!r}; it is how many gigabytes copies of remote shards may take on this machine, e.g. "
            "MMPT_COPIES_GB=200. Leave it out for no limit"
        )
    return limit
