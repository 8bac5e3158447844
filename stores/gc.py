"""Removing what no run needs, and what killed runs left."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from stores.address import Location, is_remote
from stores.artifact import LOCKS, Artifact
from stores.disk import TEMPORARY, flush, writing
from stores.entries import names, remove, remove_folder, size
from stores.fence import bury, fence
from stores.fingerprint import KEY_LENGTH
from stores.journal import JOURNAL
from stores.journal_objects import JOURNAL_FOLDER
from stores.lock import held, is_held, patience_s
from stores.manifest import NUMBERED, REJECTED, SHARDS, Manifest, read_manifest, strays
from stores.numbered import is_version


@dataclass(frozen=True)
class Removal:
    """Something to be removed.

    Attributes:
        path: a file or a folder.
        reason: why, in a few words.
        size: bytes.
    """

    path: Location
    reason: str
    size: int


def reachable(artifacts: Collection[Artifact], roots: Collection[str]) -> set[str]:
    """Return the fingerprints of the roots, their parents, theirs, and so on."""
    parents = {artifact.spec.fingerprint: artifact.spec.parents for artifact in artifacts}
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += parents.get(name, ())
    return found


def collect(workspace: Location, artifacts: Collection[Artifact], kept: Collection[str], delete: bool) -> list[Removal]:
    """Find, and with `delete` remove, artifacts that are not kept, strays and folders without a manifest.

    An artifact that a writer holds is left alone.
    """
    removals = []
    for artifact in artifacts:
        if artifact.spec.fingerprint in kept:
            removals += _remove_strays(workspace, artifact, delete)
        else:
            removals += _remove_folder(workspace, artifact.path, "no run needs it", delete)
    for folder in [workspace / kind / name for kind in names(workspace) for name in names(workspace / kind)]:
        if _is_artifact(folder, TEMPORARY):
            removals += _remove_rest(workspace, folder, delete)
        elif _abandoned(folder):
            removals += _remove_folder(workspace, folder, "nothing was published in it", delete)
    return removals + _remove_locks(workspace, delete)


def _remove_locks(workspace: Location, delete: bool) -> list[Removal]:
    """Lock files of killed processes: they hold nothing, and lie there for ever where nobody works again."""
    if is_remote(workspace):
        return []  # there a lock is a lease, which ends by itself
    folders = (LOCKS, "cache", *(f"runs/{name}" for name in names(workspace / "runs")))
    there = [workspace / folder / name for folder in folders for name in names(workspace / folder)]
    free = [path for path in there if path.name.endswith(".lock") and path.is_file() and not is_held(path)]
    removals = [Removal(path, "left by a killed process", size(path)) for path in free]
    for removal in removals if delete else ():
        with held(removal.path, str(removal.path), timeout_s=0):
            """Who holds a lock takes its file away in the end."""
    return removals


def _remove_rest(workspace: Location, folder: Location, delete: bool) -> list[Removal]:
    """What a clean-up that was killed had renamed and not removed; the artifact itself may have been made again."""
    lock = _lock(workspace, folder.with_name(folder.name.removeprefix(TEMPORARY)))
    if is_held(lock):
        return []
    removal = Removal(folder, "left by an earlier clean-up", size(folder))
    if delete:
        with held(lock, str(folder), timeout_s=patience_s(lock)):
            remove_folder(folder)
    return [removal]


def _remove_strays(workspace: Location, artifact: Artifact, delete: bool) -> list[Removal]:
    folder, lock = artifact.path, _lock(workspace, artifact.path)
    if is_held(lock):
        return []
    if not delete:
        return _strays(folder, artifact.manifest)
    with held(lock, str(folder), timeout_s=patience_s(lock)):
        if removals := _strays(folder, read_manifest(folder)):
            fence(folder)
            removals = _strays(folder, read_manifest(folder))
        remove(removal.path for removal in removals)
    return removals


def _strays(folder: Location, manifest: Manifest | None) -> list[Removal]:
    left = strays(folder, manifest)
    return [Removal(path, "left by a killed writer", size(path)) for path in left]


def _remove_folder(workspace: Location, folder: Location, reason: str, delete: bool) -> list[Removal]:
    lock = _lock(workspace, folder)
    if is_held(lock):
        return []
    removal = Removal(folder, reason, size(folder))
    if delete:
        with held(lock, str(folder), timeout_s=patience_s(lock)):
            _remove_at_once(folder)
    return [removal]


def _remove_at_once(folder: Location) -> None:
    """A kill in the middle must not leave a manifest whose shards are gone."""
    if is_remote(folder):
        bury(folder)
        return
    doomed = folder.with_name(TEMPORARY + folder.name)
    remove_folder(doomed)  # a clean-up that was killed may have left it, and the artifact was made again
    with writing(folder):
        folder.rename(doomed)
        flush(folder.parent)
    remove_folder(doomed)


def _abandoned(folder: Location) -> bool:
    """Tell whether this is the folder of an artifact whose first publish, or whose removal, was killed."""
    ours = (SHARDS, REJECTED, JOURNAL, JOURNAL_FOLDER)
    if not _is_artifact(folder):
        return False
    if is_remote(folder) and (not size(folder) or read_manifest(folder) is not None):
        return False  # some file systems keep the names of empty folders
    return all(n in ours or n.startswith(TEMPORARY) or is_version(n, NUMBERED) for n in names(folder))


def _is_artifact(folder: Location, prefix: str = "") -> bool:
    """Tell by its name whether a path is an artifact's folder; other folders are not ours to remove."""
    name = re.escape(prefix) + f"[0-9a-f]{{{KEY_LENGTH}}}"
    return re.fullmatch(name, folder.name) is not None and (is_remote(folder) or folder.is_dir())


def _lock(workspace: Location, folder: Location) -> Location:
    return workspace / LOCKS / f"{folder.name}.lock"
