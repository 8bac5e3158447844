"""What can hold a run up: locks that somebody holds, journals that somebody left, a disk that is full."""

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from stores.address import Location, is_remote
from stores.artifact import LOCKS
from stores.entries import names
from stores.journal import journal_rows
from stores.lock import owners
from stores.store import Store

_SHOWN = 12  # of a fingerprint


@dataclass(frozen=True)
class Held:
    """A lock that somebody holds now; `host` and `pid` are None where they are not told."""

    artifact: str
    host: str | None
    pid: int | None


@dataclass(frozen=True)
class Leftover:
    """A journal: rows made and not published. Of a killed run, unless somebody is at work on it."""

    artifact: str
    rows: int
    in_use: bool


def locks(workspace: Location) -> Iterator[Held]:
    """Every lock that is held now; on object storage it takes up to a lease to tell a holder from one that died."""
    found = [workspace / LOCKS / name for name in names(workspace / LOCKS)]
    for path, owner in owners(found).items():
        yield Held(path.name.removesuffix(".lock")[:_SHOWN], owner.get("host"), owner.get("pid"))


def leftovers(store: Store, held: Collection[Held]) -> Iterator[Leftover]:
    """Every journal of the workspace, of which these locks are held."""
    in_use = {each.artifact for each in held}
    for kind in names(store.workspace):
        if kind in ("runs", "cache", LOCKS):
            continue
        for name in names(store.workspace / kind):
            rows = journal_rows(store.workspace / kind / name)
            if rows:
                yield Leftover(f"{kind}/{name[:_SHOWN]}", rows, name[:_SHOWN] in in_use)


def disk(workspace: Location) -> tuple[int | None, int | None]:
    """Bytes free and in all on the file system of a local workspace, which need not exist yet."""
    if is_remote(workspace):
        return None, None
    place = workspace.absolute()
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    return usage.free, usage.total
