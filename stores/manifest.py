"""The manifest: the only thing that says what exists in an artifact.

It is replaced as a whole for every shard, so a shard, and the rejections that came with it, exist together or
not at all. It holds no time, no host and no path: equal inputs make equal bytes.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from stores.commit import TEMPORARY, replace_bytes
from stores.errors import ManifestError, ShardError, StoreError
from stores.spec import FORMAT_VERSION, ArtifactSpec

MANIFEST = "manifest.json"
SHARDS = "shards"
REJECTED = "rejected"


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
    """

    file: str
    rows: int
    first_key: str
    last_key: str
    size: int
    sha256: str

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
    """

    spec: ArtifactSpec
    layout: Mapping[str, str] = field(default_factory=dict)
    shards: tuple[Part, ...] = ()
    rejected: tuple[Part, ...] = ()
    notes: Mapping[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Stored rows."""
        return sum(part.rows for part in self.shards)

    @property
    def size(self) -> int:
        """Bytes of all parts."""
        return sum(part.size for part in self.shards + self.rejected)

    def write(self, folder: Path) -> None:
        """Replace the manifest of the artifact in `folder`, atomically."""
        content = {
            "format": FORMAT_VERSION,
            "spec": self.spec.as_json(),
            "layout": dict(self.layout),
            "shards": [asdict(part) for part in self.shards],
            "rejected": [asdict(part) for part in self.rejected],
        } | ({"notes": dict(self.notes)} if self.notes else {})
        replace_bytes(folder / MANIFEST, (json.dumps(content, indent=1) + "\n").encode())


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of the artifact in `folder`, or return None if nothing has been published there.

    Raises:
        ManifestError: if it cannot be read, is of another format, or describes another artifact.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ManifestError(_damaged(path, f"it is no JSON ({error})")) from error
    if not isinstance(content, dict):
        raise ManifestError(_damaged(path, f"it is a {type(content).__name__}, not an object"))
    if content.get("format") != FORMAT_VERSION:
        raise ManifestError(
            f"{path} has format {content.get('format')!r}; this version of mmpt-pipeline reads format "
            f"{FORMAT_VERSION}. Install the version that wrote it, or use another workspace."
        )
    manifest = _parse(content, path)
    if folder.name != manifest.spec.fingerprint:
        raise ManifestError(
            _damaged(path, f"its spec has the fingerprint {manifest.spec.fingerprint}, its folder is {folder.name}")
        )
    return manifest


def part_path(folder: Path, section: str, part: Part) -> Path:
    """Return the path of a part that is there in full length.

    Raises:
        ShardError: if it is gone or of another length; a map over a file cut short would end the process.
    """
    path = folder / section / part.file
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise ShardError(path, "is gone") from None
    if size != part.size:
        raise ShardError(path, f"has {size} bytes instead of {part.size}")
    return path


def strays(folder: Path, manifest: Manifest | None) -> list[Path]:
    """Return the files that no manifest names: left by a kill, or being written this moment."""
    found = sorted(folder.glob(f"{TEMPORARY}*"))
    for section in (SHARDS, REJECTED):
        parts = getattr(manifest, section) if manifest else ()
        named = {part.file for part in parts}
        found += sorted(path for path in (folder / section).glob("*") if path.name not in named)
    return found


def _parse(content: dict[str, Any], path: Path) -> Manifest:
    try:
        return Manifest(
            spec=ArtifactSpec(**content["spec"]),
            layout={str(name): str(kind) for name, kind in content["layout"].items()},
            shards=tuple(Part(**part) for part in content["shards"]),
            rejected=tuple(Part(**part) for part in content["rejected"]),
            notes={str(name): float(value) for name, value in content.get("notes", {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError, StoreError) as error:
        raise ManifestError(_damaged(path, f"{type(error).__name__}: {error}")) from error


def _damaged(path: Path, found: str) -> str:
    return (
        f"{path} cannot be trusted: {found}. Put it back from a copy; or, if its rows can be made again, "
        f"delete the folder {path.parent} and run the stage that made it."
    )
