"""Which row lies where: kept in memory, brought up to date when the manifest changes.

Shards are immutable and usually only added, so an index is extended by the new ones; it is built anew only
after a repair. It is safe to share between threads.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_ISREG
from typing import Any

from stores.address import Location, is_remote
from stores.backend import backend
from stores.manifest import MANIFEST, NUMBERED, REJECTED, SHARDS, Manifest, part_path, read_version
from stores.part import Part
from stores.reading import reading
from stores.rejection import Rejection, read_rejections
from stores.spec import ArtifactSpec


@dataclass
class Rows:
    """The stored rows of an artifact.

    Attributes:
        shards: its shards.
        starts: number of each shard's first row, counted over all shards.
        numbers: key to number, in the order published.
        maps: shard file to its mapped arrays, filled by readers.
        layout: column or array name to its type.
    """

    shards: list[Part] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)
    maps: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    layout: Mapping[str, str] = field(default_factory=dict)


Stamp = tuple[int, ...]


@dataclass(frozen=True)
class Seen:
    """A manifest as it was read, with what tells whether there is a newer one."""

    manifest: Manifest
    stamp: Stamp


def see(folder: Location) -> Seen | None:
    """Read the manifest of the artifact in `folder`; None if nothing has been published there.

    Raises:
        ManifestError: if it cannot be trusted.
        UnreadableError: if the machine could not read it.
    """
    # The stamp is taken first: should the manifest be replaced in between, it is read once more than needed.
    stamp = None if is_remote(folder) else _file_stamp(folder)
    if stamp is None and not is_remote(folder):
        return None
    version, manifest = read_version(folder)
    return Seen(manifest, stamp or (version,)) if manifest else None


class Index:
    """The rows and rejections of the artifact in a folder."""

    def __init__(self, folder: Location, spec: ArtifactSpec, seen: "Seen | None" = None) -> None:
        """Read nothing yet; a manifest that was `seen` is read again only when there is a newer one."""
        self._folder = folder
        self._spec = spec
        self._guard = threading.RLock()
        self._stamp = seen.stamp if seen else None
        self._held = False
        self._version: int | None = None
        self._manifest = seen.manifest if seen else Manifest(spec)
        self._indexed: Manifest | None = None
        self._rows = Rows()
        self._refused: tuple[Part, ...] = ()
        self._rejections: dict[str, Rejection] = {}
        self._absent: set[str] = set()
        self._absent_from: Manifest | None = None

    def look_again(self, held: bool) -> None:
        """Look for a new manifest at the next question; `held`: and not after that, since nobody else publishes.

        It saves most of the requests of a remote writer. Should it be wrong, creating the next manifest fails.
        """
        with self._guard:
            self._held, self._version = held, None

    def manifest(self) -> Manifest:
        """Return the manifest as it is now; an empty one if nothing has been published.

        Raises:
            ManifestError: if it cannot be trusted.
        """
        with self._guard:
            stamp = self._look()
            if stamp != self._stamp:
                version, manifest = read_version(self._folder)
                self._manifest = manifest or Manifest(self._spec, version=version)
                self._stamp = stamp
            return self._manifest

    def rows(self) -> Rows:
        """Return where every stored row lies.

        Raises:
            ShardError: if the keys of a shard cannot be read.
        """
        with self._guard:
            manifest = self.manifest()
            if manifest is self._indexed:
                return self._rows
            shards = manifest.shards
            if shards[: len(self._rows.shards)] != tuple(self._rows.shards):
                self._rows = Rows()
            for part in shards[len(self._rows.shards) :]:
                self._add(part)
            self._rows.layout = manifest.layout
            self._indexed = manifest
            return self._rows

    def keys_of(self, shards: Mapping[str, Part], manifest: Manifest) -> Collection[str]:
        """Return the keys of some shards, or of more: of all, if these have been read already.

        Raises:
            ShardError: if the keys of a shard cannot be read.
        """
        with self._guard:
            if self._indexed is manifest:
                return self._rows.numbers
            return {key for part in shards.values() for key in self._keys(part)}

    def note_absent(self, keys: Collection[str], manifest: Manifest) -> None:
        """Remember that a manifest's shards hold none of these rows, so that who publishes them need not read the shards."""
        with self._guard:
            self._absent, self._absent_from = set(keys), manifest

    def some_stored(self, keys: Sequence[str]) -> str | None:
        """Return one of the keys that is stored, or None."""
        with self._guard:
            if self.manifest() is self._absent_from and self._absent.issuperset(keys):
                return None
            stored = self.rows().numbers
            return next((key for key in keys if key in stored), None)

    def published(self, keys: Sequence[str], before: Manifest, after: Manifest) -> None:
        """Hear from the holder of the lock that it has published these rows; what it wrote need not be read."""
        with self._guard:
            self._held, self._version = True, after.version or None
            self._manifest, self._stamp = after, self._look()
            if self._absent_from is before:
                self._absent.difference_update(keys)
                self._absent_from = after

    def covering(self, keys: Sequence[str]) -> Rows:
        """Return where these rows lie, and maybe others; a remote manifest is not asked for again if they are known."""
        with self._guard:
            numbers = self._rows.numbers
            if is_remote(self._folder) and self._indexed is not None and keys and all(key in numbers for key in keys):
                return self._rows
            return self.rows()

    def rejections(self) -> dict[str, Rejection]:
        """Return every key that was ever rejected, with its last reason and the sum of its attempts.

        Raises:
            ShardError: if a part of the rejections cannot be read.
        """
        with self._guard:
            parts = self.manifest().rejected
            if parts[: len(self._refused)] != self._refused:
                self._refused, self._rejections = (), {}
            for part in parts[len(self._refused) :]:
                for row in read_rejections(part_path(self._folder, REJECTED, part), part):
                    self._rejections[row.key] = row.after(self._rejections.get(row.key))
                self._refused += (part,)
            return self._rejections

    def _add(self, part: Part) -> None:
        rows = self._rows
        keys = self._keys(part)
        start = rows.starts[-1] + rows.shards[-1].rows if rows.shards else 0
        rows.shards.append(part)
        rows.starts.append(start)
        rows.numbers.update(zip(keys, range(start, start + part.rows), strict=True))

    def _keys(self, part: Part) -> list[str]:
        path = part_path(self._folder, SHARDS, part)
        return backend(self._spec.backend).read_keys(path, part)

    def _look(self) -> Stamp | None:
        if is_remote(self._folder):
            if not self._held or self._version is None:
                from stores.numbered import highest

                self._version = highest(self._folder, NUMBERED)
            return (self._version,) if self._version else None
        return _file_stamp(self._folder)


def _file_stamp(folder: Path) -> Stamp | None:
    """What tells one manifest from the next without reading it; None where there is none, or no file."""
    path = folder / MANIFEST
    try:
        with reading(path):
            stat = path.stat()
    except FileNotFoundError:
        return None
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size) if S_ISREG(stat.st_mode) else None
