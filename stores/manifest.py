"""The manifest: the only thing that says what exists in an artifact.

It is replaced as a whole for every shard, so a shard, and the rejections that came with it, exist together or
not at all. It holds no time, no host and no path: equal inputs make equal bytes. It ends with its own checksum.

On object storage it is a numbered document, `manifest-000007.json`, see `stores.numbered`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from stores.address import Location, is_remote
from stores.commit import TEMPORARY, replace_bytes
from stores.entries import file_size, names
from stores.errors import ManifestError, ShardError, StoreError
from stores.reading import reading
from stores.sealed import sealed, unsealed
from stores.spec import FORMAT_VERSION, ArtifactSpec

MANIFEST = "manifest.json"
NUMBERED = "manifest"
SHARDS = "shards"
REJECTED = "rejected"
_FIELDS = {"format", "spec", "layout", SHARDS, REJECTED, "notes", "fence", "removed"}


@dataclass(frozen=True)
class Part:
    """One immutable file of rows.

    Attributes:
        file: its name, "<ordinal>-<first 16 digits of its SHA-256>.<suffix>".
        rows: how many rows it holds.
        first_key: key of its first row.
        last_key: key of its last row.
        size: bytes.
        sha256: hexadecimal, of its bytes.
        keys: digest of its rows' keys, see `stores.whole_shards`; empty in manifests older than that.
    """

    file: str
    rows: int
    first_key: str
    last_key: str
    size: int
    sha256: str
    keys: str = ""

    @property
    def ordinal(self) -> int:
        """Place in the order of publishing; numbers of dropped parts stay free."""
        return int(self.file.split("-")[0])


@dataclass(frozen=True)
class Manifest:
    """Everything that exists in an artifact.

    Attributes:
        spec: what the artifact is.
        layout: column or array name to its type, the same in all shards; empty before the first shard.
        shards: files of rows under `shards/`, in the order published.
        rejected: files of rejections under `rejected/`, in the order published.
        notes: numbers that its first writer measured, such as the rounding of its rows; empty for most artifacts.
        version: number of the document on object storage that this was read from; 0 for none, and for files.
    """

    spec: ArtifactSpec
    layout: Mapping[str, str] = field(default_factory=dict)
    shards: tuple[Part, ...] = ()
    rejected: tuple[Part, ...] = ()
    notes: Mapping[str, float] = field(default_factory=dict)
    version: int = field(default=0, compare=False)

    @property
    def rows(self) -> int:
        """Stored rows."""
        return sum(part.rows for part in self.shards)

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.shards + self.rejected)

    def write(self, folder: Location, **more: str) -> "Manifest":
        """Replace the manifest of the artifact in `folder`, atomically; `more` is for `stores.fence`.

        Returns:
            the manifest as it is read back.

        Raises:
            PublishError: if another process has replaced it on object storage since it was read.
        """
        content = {
            "format": FORMAT_VERSION,
            "spec": self.spec.as_json(),
            "layout": dict(self.layout),
            SHARDS: self.shards,
            REJECTED: self.rejected,
        } | ({"notes": dict(self.notes)} if self.notes else {})
        data = sealed(_as_text(content | more))
        if not is_remote(folder):
            replace_bytes(folder / MANIFEST, data)
            return self
        from stores.numbered import create_next

        create_next(folder, NUMBERED, self.version, data)
        return replace(self, version=self.version + 1)


def read_manifest(folder: Location) -> Manifest | None:
    """Read the manifest of the artifact in `folder`, or return None if nothing has been published there.

    Raises:
        ManifestError: if it cannot be trusted, is of another format, or describes another artifact.
        UnreadableError: if the machine could not read it.
    """
    return read_version(folder)[1]


def read_version(folder: Location) -> tuple[int, Manifest | None]:
    """Read the manifest and its version; see `read_manifest`."""
    if is_remote(folder):
        from stores.numbered import newest

        version, data = newest(folder, NUMBERED)
        return version, _read(folder, folder / f"{NUMBERED}-{version:06d}.json", data, version) if data else None
    try:
        with reading(folder / MANIFEST):
            data = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return 0, None
    return 0, _read(folder, folder / MANIFEST, data, 0)


def _as_text(content: Mapping[str, Any]) -> str:
    """One line a field and one a part: written for every shard, it must be quick to write, also with 10,000 parts."""
    fields = (
        f' "{name}": {_listed(value) if name in (SHARDS, REJECTED) else json.dumps(value)}'
        for name, value in content.items()
    )
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _listed(parts: Sequence[Part]) -> str:
    return "[\n  " + ",\n  ".join(json.dumps(vars(part)) for part in parts) + "\n ]" if parts else "[]"


def _read(folder: Location, path: Location, data: bytes, version: int) -> Manifest | None:
    try:
        content = unsealed(data)
    except ValueError as error:
        raise ManifestError(_damaged(path, str(error))) from error
    if content.get("format") != FORMAT_VERSION:
        raise ManifestError(
            f"{path} has format {content.get('format')!r}; this version of mmpt-pipeline reads format "
            f"{FORMAT_VERSION}. Install the version that wrote it, or use another workspace."
        )
    if strange := content.keys() - _FIELDS:
        raise ManifestError(_damaged(path, f"it has a field {sorted(strange)[0]!r}, which no manifest has"))
    if content.get("removed"):
        return None
    manifest = _parse(content, path, version)
    if folder.name != manifest.spec.fingerprint:
        raise ManifestError(
            _damaged(path, f"its spec has the fingerprint {manifest.spec.fingerprint}, its folder is {folder.name}")
        )
    return manifest


def part_path(folder: Location, section: str, part: Part, again: bool = False) -> Path:
    """Return the path of a part that is there in full length; of a remote one, of its copy on this machine.

    Args:
        folder: of the artifact.
        section: `SHARDS` or `REJECTED`.
        part: which.
        again: whether to fetch a remote part although there is a copy.

    Raises:
        ShardError: if it is gone or of another length; a map over a file cut short would end the process.
        UnreadableError: if the machine could not look at it.
    """
    path = folder / section / part.file
    if is_remote(path):
        from stores.local_copy import fetch

        return fetch(path, part, again)
    check_part(folder, section, part)
    return path


def check_part(folder: Location, section: str, part: Part) -> None:
    """Look whether a part is there in full length; a remote one is not fetched for that.

    Raises:
        ShardError: if it is gone or of another length.
    """
    path = folder / section / part.file
    try:
        size = file_size(path)
    except FileNotFoundError:
        raise ShardError(_here(path), "is gone") from None
    if size != part.size:
        raise ShardError(_here(path), f"has {size} bytes instead of {part.size}")


def _here(path: Location) -> Path:
    """The file, or where the copy of a remote one would lie, which errors name it by."""
    if not is_remote(path):
        return path
    from stores.local_copy import copy_path

    return copy_path(path)


def strays(folder: Location, manifest: Manifest | None) -> list[Location]:
    """Return the files that no manifest names: left by a kill, or being written this moment."""
    found = [folder / name for name in names(folder) if name.startswith(TEMPORARY)]
    for section in (SHARDS, REJECTED):
        parts = getattr(manifest, section) if manifest else ()
        named = {part.file for part in parts}
        found += [folder / section / name for name in names(folder / section) if name not in named]
    return found


def _parse(content: dict[str, Any], path: Location, version: int) -> Manifest:
    try:
        return Manifest(
            spec=ArtifactSpec(**content["spec"]),
            layout={str(name): str(kind) for name, kind in content["layout"].items()},
            shards=tuple(Part(**part) for part in content["shards"]),
            rejected=tuple(Part(**part) for part in content["rejected"]),
            notes={str(name): float(value) for name, value in content.get("notes", {}).items()},
            version=version,
        )
    except (KeyError, TypeError, ValueError, AttributeError, StoreError) as error:
        raise ManifestError(_damaged(path, f"{type(error).__name__}: {error}")) from error


def _damaged(path: Location, found: str) -> str:
    return (
        f"{path} cannot be trusted: {found}. Put it back from a copy; or, if its rows can be made again, "
        f"delete the folder {path.parent} and run the stage that made it."
    )
