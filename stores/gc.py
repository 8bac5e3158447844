"""Removing what no run needs, and what killed runs left."""

import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from stores.artifact import LOCKS, Artifact
from stores.commit import TEMPORARY, flush
from stores.fingerprint import KEY_LENGTH
from stores.journal import JOURNAL
from stores.lock import held, is_held
from stores.manifest import REJECTED, SHARDS, read_manifest, strays


@dataclass(frozen=True)
class Removal:
    """Something to be removed.

    Attributes:
        path: a file or a folder.
        reason: why, in a few words.
        size: bytes.
    """

    path: Path
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


def collect(workspace: Path, artifacts: Collection[Artifact], kept: Collection[str], delete: bool) -> list[Removal]:
    """Find, and with `delete` remove, artifacts that are not kept, strays and folders without a manifest.

    An artifact that a writer holds is left alone.
    """
    removals = []
    for artifact in artifacts:
        if artifact.spec.fingerprint in kept:
            removals += _remove_strays(workspace, artifact.path, delete)
        else:
            removals += _remove_folder(workspace, artifact.path, "no run needs it", delete)
    for folder in sorted(workspace.glob("*/*")):
        if _is_artifact(folder, TEMPORARY):
            removals.append(Removal(folder, "left by an earlier clean-up", _size(folder)))
            if delete:
                shutil.rmtree(folder)
        elif _abandoned(folder):
            removals += _remove_folder(workspace, folder, "nothing was published in it", delete)
    return removals


def _remove_strays(workspace: Path, folder: Path, delete: bool) -> list[Removal]:
    lock = _lock(workspace, folder)
    if is_held(lock):
        return []
    if not delete:
        return _strays(folder)
    with held(lock, str(folder), timeout_s=0):
        removals = _strays(folder)
        for removal in removals:
            removal.path.unlink()
    return removals


def _strays(folder: Path) -> list[Removal]:
    left = strays(folder, read_manifest(folder))
    return [Removal(path, "left by a killed writer", _size(path)) for path in left]


def _remove_folder(workspace: Path, folder: Path, reason: str, delete: bool) -> list[Removal]:
    lock = _lock(workspace, folder)
    if is_held(lock):
        return []
    removal = Removal(folder, reason, _size(folder))
    if delete:
        with held(lock, str(folder), timeout_s=0):
            # Renamed first: a kill in the middle must not leave a manifest whose shards are gone.
            doomed = folder.with_name(TEMPORARY + folder.name)
            folder.rename(doomed)
            flush(folder.parent)
            shutil.rmtree(doomed)
    return [removal]


def _abandoned(folder: Path) -> bool:
    """Tell whether this is the folder of an artifact whose first publish was killed."""
    return _is_artifact(folder) and all(
        path.name in (SHARDS, REJECTED, JOURNAL) or path.name.startswith(TEMPORARY) for path in folder.iterdir()
    )


def _is_artifact(folder: Path, prefix: str = "") -> bool:
    """Tell by its name whether a path is an artifact's folder; other folders are not ours to remove."""
    name = re.escape(prefix) + f"[0-9a-f]{{{KEY_LENGTH}}}"
    return re.fullmatch(name, folder.name) is not None and folder.is_dir()


def _lock(workspace: Path, folder: Path) -> Path:
    return workspace / LOCKS / f"{folder.name}.lock"


def _size(path: Path) -> int:
    files = [path] if path.is_file() else path.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
