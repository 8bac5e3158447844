"""An artifact: rows with keys, described by a spec, named by a fingerprint, published shard by shard."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from itertools import filterfalse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stores.address import Location, is_remote
from stores.compared import compare_once, part_bytes
from stores.errors import MissingKeys, ReadError
from stores.fence import fence
from stores.fingerprint import check_keys
from stores.index import Index, Rows, Seen
from stores.lock import held
from stores.manifest import MANIFEST, SHARDS, Manifest, part_path, read_manifest
from stores.part import Part
from stores.reading import reading
from stores.rejection import Rejection
from stores.spec import ArtifactSpec
from stores.verify import Problem, drop_problems, find_problems
from stores.whole_shards import WholeShards
from stores.writer import Writer

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from stores.hdf5 import Array

LOCKS = ".locks"


class Artifact:
    """One artifact of a workspace. Making one of these writes nothing; the first publish does.

    Attributes:
        spec: what it is.
        path: its folder, `<workspace>/<kind>/<fingerprint>`.
    """

    def __init__(self, workspace: Location, spec: ArtifactSpec, seen: Seen | None = None) -> None:
        """Name the artifact; use `Store.artifact`. `seen` is its manifest, if it has just been read."""
        self.spec = spec
        self.path = workspace / spec.kind / spec.fingerprint
        self._workspace = workspace
        self._index = Index(self.path, spec, seen)

    def __repr__(self) -> str:
        """Show kind, short fingerprint and workspace."""
        return f"Artifact({self.spec.name} in {self._workspace})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to other processes as a name; they open their own maps."""
        return Artifact, (self._workspace, self.spec)

    @property
    def _lock(self) -> Location:
        return self._workspace / LOCKS / f"{self.spec.fingerprint}.lock"

    @property
    def exists(self) -> bool:
        """Whether anything has been published."""
        if is_remote(self.path):
            return read_manifest(self.path) is not None
        with reading(self.path / MANIFEST):
            return (self.path / MANIFEST).is_file()

    @property
    def manifest(self) -> Manifest:
        """The manifest as it is now; an empty one if nothing has been published."""
        return self._index.manifest()

    def keys(self) -> list[str]:
        """Return the keys of all stored rows in the order published."""
        return list(self._index.rows().numbers)

    def missing(self, wanted: Iterable[str], retry_rejected: bool | Set[str] = False) -> list[str]:
        """Return which wanted rows are still to be made: each once, in the order wanted.

        Args:
            wanted: keys, repeated or not; a mapping's or a set's are gone through without being copied.
            retry_rejected: whether rows that were rejected before count as missing, or which of them.

        Raises:
            KeyFormatError: if a wanted key is malformed.
        """
        unique = wanted if isinstance(wanted, Mapping | Set) else dict.fromkeys(wanted)
        refused: Collection[str] = {} if retry_rejected is True else self._index.rejections()
        if not isinstance(retry_rejected, bool):
            refused = {key for key in refused if key not in retry_rejected}
        accepted = filterfalse(refused.__contains__, unique) if refused else unique
        manifest, rest = self.manifest, WholeShards(self.manifest.shards)
        outside = list(rest.outside(accepted))
        check_keys(outside)
        self._look_at(part for part in manifest.shards if part.first_key not in rest.left)
        stored = self._index.keys_of(rest.left, manifest) if outside else frozenset()
        missing = [key for key in outside if key not in stored]
        self._index.note_absent(missing, manifest)
        return missing

    def rejected(self) -> list[Rejection]:
        """Return the rows that were rejected and have not been stored since, in the order first rejected."""
        refused = self._index.rejections()
        stored = self._index.rows().numbers if refused else {}
        return [row for key, row in refused.items() if key not in stored]

    @contextmanager
    def writer(self, timeout_s: float = 600.0, poll_s: float = 0.1) -> Iterator[Writer]:
        """Take the artifact's lock and what a killed writer left away, for publishing in a `with` block.

        Ask `missing` inside the block: another writer may have finished while this one waited.

        Args:
            timeout_s: seconds to wait for another writer; 0 asks once.
            poll_s: seconds between two attempts.

        Raises:
            LockHeld: if another writer is still there after `timeout_s`.
            ManifestError: if the manifest cannot be trusted.
        """
        with held(self._lock, f"artifact {self.spec.name}", timeout_s, poll_s) as check_lock:
            writer = Writer(self.path, self.spec, self._index, check_lock)
            try:
                yield writer
            finally:
                writer.close()

    def table(self, columns: Sequence[str] | None = None) -> "pa.Table":
        """Return all rows of a parquet artifact in the order published; column "key" comes first, always.

        Raises:
            ReadError: if it is no parquet artifact or has no such column.
            ShardError: if a shard is gone or damaged.
        """
        self._check_backend("parquet", "table")
        from stores.parquet import read_shards

        manifest = self._index.manifest()
        shards = [(part_path(self.path, SHARDS, part), part) for part in manifest.shards]
        return read_shards(shards, dict(manifest.layout), columns)

    def arrays(self, keys: Sequence[str], names: Sequence[str] | None = None) -> "dict[str, Array]":
        """Gather rows of an hdf5 artifact in the order of `keys`, which may repeat.

        Args:
            keys: (n,) keys of stored rows.
            names: which arrays; all of them by default.

        Returns:
            new arrays (n, ...); empty if nothing has been published and nothing is asked.

        Raises:
            MissingKeys: if a row is not stored.
            ReadError: if it is no hdf5 artifact or has no such array.
            ShardError: if a shard is gone or damaged.
        """
        self._check_backend("hdf5", "arrays")
        from stores import hdf5

        rows = self._index.covering(keys)
        layout = rows.layout
        chosen = list(layout) if names is None else list(names)
        hdf5.check_names(chosen, layout)

        def mapped(shard: int) -> "dict[str, Array]":
            part = rows.shards[shard]
            if part.file not in rows.maps:
                rows.maps[part.file] = hdf5.map_arrays(part_path(self.path, SHARDS, part), part, list(layout))
            return {name: rows.maps[part.file][name] for name in chosen}

        if not len(keys):
            return {name: array[:0].copy() for name, array in mapped(0).items()} if rows.shards else {}
        return hdf5.gather(self._numbers(keys, rows), rows.starts, mapped)

    def blob(self, key: str) -> bytes:
        """Return the bytes stored under a key of a blob artifact.

        Raises:
            MissingKeys: if there are none.
            ReadError: if it is no blob artifact.
            ShardError: if the file is gone or damaged.
            UnreadableError: if the machine could not read it.
        """
        part = self._blob_part(key)
        return part_bytes(part_path(self.path, SHARDS, part), part)

    def blob_path(self, key: str) -> Path:
        """Return the file that holds the bytes stored under a key of a blob artifact, for reading only.

        Raises:
            MissingKeys: if there is none.
            ReadError: if it is no blob artifact.
            ShardError: if the file is gone or damaged.
            UnreadableError: if the machine could not read it.
        """
        part = self._blob_part(key)
        path = part_path(self.path, SHARDS, part)
        compare_once(path, part, whole=True)
        return path

    def verify(self) -> list[Problem]:
        """Check every byte against the manifest; see `stores.verify`."""
        return find_problems(self.path, self._lock)

    def repair(self, timeout_s: float = 600.0) -> list[Problem]:
        """Drop bad parts, so that their rows are missing again, and delete bad and stray files.

        Returns:
            what was dropped.

        Raises:
            LockHeld: if another writer is still there after `timeout_s`.
        """
        with held(self._lock, f"artifact {self.spec.name}", timeout_s):
            fence(self.path)
            return drop_problems(self.path, find_problems(self.path, None))

    def _look_at(self, parts: Iterable[Part]) -> None:
        """Check that files are there whose keys need not be read; on object storage that would be a request each."""
        if not is_remote(self.path):
            for part in parts:
                part_path(self.path, SHARDS, part)

    def _blob_part(self, key: str) -> Part:
        self._check_backend("blob", "blob")
        rows = self._index.covering([key])
        (number,) = self._numbers([key], rows)
        return rows.shards[int(number)]

    def _numbers(self, keys: Sequence[str], rows: Rows) -> "np.ndarray[Any, np.dtype[np.int64]]":
        import numpy as np

        numbers = rows.numbers
        try:
            return np.fromiter(map(numbers.__getitem__, keys), np.int64, len(keys))
        except KeyError:
            absent = [key for key in dict.fromkeys(keys) if key not in numbers]
        refused = sum(key in self._index.rejections() for key in absent)
        raise MissingKeys(
            f"{len(absent)} of {len(set(keys))} rows asked of {self.spec.name} are not stored "
            f"({refused} of them were rejected), e.g. {', '.join(absent[:3])}. It holds {len(numbers)} rows. "
            "Run the stage that makes them, or ask only for keys that are in artifact.keys().",
            absent,
        )

    def _check_backend(self, backend: str, method: str) -> None:
        if self.spec.backend != backend:
            ways = {"parquet": "table()", "hdf5": "arrays(keys)", "blob": "blob(key)"}
            raise ReadError(
                f"{method}() reads {backend} artifacts; {self.spec.name} is stored as {self.spec.backend}. "
                f"Use {ways[self.spec.backend]}."
            )
