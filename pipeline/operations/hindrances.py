"""What can hold a run up: locks that somebody holds, journals that somebody left, a disk that is full."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from stores.address import Location, is_remote
from stores.artifact import LOCKS
from stores.entries import is_file, names, read_bytes
from stores.journal import JOURNAL
from stores.lock import is_held
from stores.store import Store


@dataclass(frozen=True)
class Held:
    """A lock that somebody holds now; `host` and `pid` are None where they are not told."""

    artifact: str
    host: str | None
    pid: int | None


@dataclass(frozen=True)
class Leftover:
    """A journal: rows made and not published. Of a killed run, unless somebody is at work on it.

    `rows` is None where they are not counted: on object storage.
    """

    artifact: str
    rows: int | None
    in_use: bool


def locks(workspace: Location) -> Iterator[Held]:
    """Every lock that is held now."""
    for name in names(workspace / LOCKS):
        path = workspace / LOCKS / name
        if is_held(path):
            owner = {} if is_remote(path) else _owner(path)
            yield Held(name.removesuffix(".lock")[:12], owner.get("host"), owner.get("pid"))


def _owner(path: Location) -> dict:
    try:
        found = json.loads(read_bytes(path))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def leftovers(store: Store) -> Iterator[Leftover]:
    """Every journal of a local workspace; on object storage they are small objects, which nobody counts."""
    for kind in names(store.workspace):
        if kind in ("runs", "cache", LOCKS):
            continue
        for name in names(store.workspace / kind):
            folder = store.workspace / kind / name
            if not is_remote(folder) and is_file(folder / JOURNAL):
                rows = read_bytes(folder / JOURNAL).count(b"\n")
                yield Leftover(f"{kind}/{name[:12]}", rows, is_held(store.workspace / LOCKS / f"{name}.lock"))


def disk(workspace: Location) -> tuple[int | None, int | None]:
    """Bytes free and in all on the file system of a local workspace, which need not exist yet."""
    if is_remote(workspace):
        return None, None
    place = workspace.absolute()
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    return usage.free, usage.total
