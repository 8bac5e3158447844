"""Keeping a writer that slept through its lease from publishing what is about to be deleted.

On a local disk the kernel's lock does that, and nothing here does anything. On object storage a new version of the
manifest is created before anything is deleted, so what the sleeper is going to create has a number that is taken.
"""

import json
import uuid

from stores.address import Location, is_remote
from stores.manifest import NUMBERED, read_manifest, read_version
from stores.numbered import create_next, is_version
from stores.sealed import sealed
from stores.spec import FORMAT_VERSION


def fence(folder: Location) -> None:
    """Create the manifest once more as it is; the caller holds the artifact's lock.

    Raises:
        PublishError: if another process publishes at the same time.
    """
    manifest = read_manifest(folder) if is_remote(folder) else None
    if manifest is not None:
        # The random part keeps two processes that do this at once from both being right.
        manifest.write(folder, fence=uuid.uuid4().hex)


def bury(folder: Location) -> None:
    """Remove a remote artifact, the manifests last: first comes one that says that there is nothing any more."""
    from stores import objects

    assert is_remote(folder)
    base, _ = read_version(folder)
    removed = {"format": FORMAT_VERSION, "removed": uuid.uuid4().hex}
    create_next(folder, NUMBERED, base, sealed(json.dumps(removed)))
    there = objects.below(folder)
    manifests = [path for path in there if path.parent == folder and is_version(path.name, NUMBERED)]
    objects.delete(path for path in there if path not in manifests)
    objects.delete(sorted(manifests, key=lambda path: path.name))
