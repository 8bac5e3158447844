"""Publishing rows in an artifact."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stores.address import Location, is_remote
from stores.backend import backend
from stores.commit import make_folder, rename
from stores.disk import flush_folder
from stores.entries import remove
from stores.errors import PublishError
from stores.fingerprint import check_keys
from stores.index import Index
from stores.journal import Journal
from stores.manifest import REJECTED, SHARDS, strays
from stores.part import Part
from stores.parts import next_ordinal, part_name, rejections_writer, write_part
from stores.rejection import Rejection
from stores.spec import ArtifactSpec
from stores.staged import Ordinals, StagedRows, staged_keys

_log = logging.getLogger(__name__)


class Writer:
    """Publishes rows for as long as the artifact's lock is held; made by `Artifact.writer`."""

    def __init__(self, folder: Location, spec: ArtifactSpec, index: Index, check_lock: Callable[[], None]) -> None:
        """Remove what a killed writer left; the caller holds the lock, and `check_lock` raises if it no longer does."""
        self._folder = folder
        self._spec = spec
        self._index = index
        self._holder: int | None = os.getpid()
        self._check_lock = check_lock
        self._journals: list[Journal] = []
        index.look_again(held=True)
        self.remove_strays()

    def publish(
        self,
        keys: Sequence[str],
        data: Any = None,
        rejected: Sequence[Rejection] = (),
        notes: Mapping[str, float] | None = None,
        dropped: Sequence[str] = (),
    ) -> None:
        """Publish rows and rejections together, by one replacement of the manifest.

        Args:
            keys: one key a row, none of them stored yet; empty if there are only rejections.
            data: the rows; `pyarrow.Table` for parquet, `dict[str, numpy.ndarray]` with first dim `len(keys)`
                for hdf5, `list[bytes]` for blob. Ignored if there are no keys.
            rejected: rows that could not be made, none of them stored.
            notes: numbers measured on these rows, kept in the manifest beside those it has.
            dropped: keys of stored blobs that are no longer wanted. The same replacement takes them out, so the new rows are
                there before the old ones are gone; then their files are deleted.

        Raises:
            PublishError: if a key is stored or comes twice, the data do not fit the keys or the earlier
                shards, or the `with` block has been left.
            KeyFormatError: if a key is malformed.
        """
        self._check_open()
        keys, rejected = list(keys), list(rejected)
        self._check_rows(keys, rejected)
        layout = self._layout(keys, backend(self._spec.backend).layout(keys, data) if keys else {})
        manifest = self._index.manifest()
        shards, refused, gone = list(manifest.shards), list(manifest.rejected), self._parts_of(dropped)
        make_folder(self._folder)
        if keys:
            kind = backend(self._spec.backend)
            for piece in kind.pieces(keys, data):
                shards.append(self._write(SHARDS, shards, piece.keys, piece.write, kind.SUFFIX))
            flush_folder(self._folder / SHARDS)
        if rejected:
            write = rejections_writer(rejected)
            refused.append(self._write(REJECTED, refused, [row.key for row in rejected], write, "parquet"))
            flush_folder(self._folder / REJECTED)
        self._publish_parts(keys, layout, [part for part in shards if part not in gone], refused, notes or {})
        remove(self._folder / SHARDS / part.file for part in gone)
        self._tell(keys, rejected)

    def ordinals(self) -> Ordinals:
        """The numbers of the next part of each kind, for who stages rows in another process."""
        manifest = self._index.manifest()
        return Ordinals(next_ordinal(manifest.shards), next_ordinal(manifest.rejected))

    def adopt(self, staged: StagedRows, made_of: Sequence[str]) -> None:
        """Publish what another process wrote into the artifact's folder, as if `publish` had been given its rows.

        Args:
            staged: what is there.
            made_of: keys that the rows and rejections were made of, in order.

        Raises:
            ShardError: if a file is not here in full length.
            PublishError: as for `publish`, or if these are other rows.
        """
        self._check_open()
        keys, rejected = staged_keys(self._folder, staged, made_of)
        self._check_rows(keys, rejected)
        layout, manifest = self._layout(keys, dict(staged.layout)), self._index.manifest()
        shards = [*manifest.shards, *self._named(SHARDS, manifest.shards, staged.shards)]
        refused = [*manifest.rejected, *self._named(REJECTED, manifest.rejected, staged.rejected)]
        self._publish_parts(keys, layout, shards, refused, staged.notes)
        self._tell(keys, rejected)

    def _tell(self, keys: Sequence[str], rejected: Sequence[Rejection]) -> None:
        reasons = Counter(row.reason for row in rejected)
        fields = {"artifact": self._spec.name, "rows": len(keys), "rejected": len(rejected), "reasons": dict(reasons)}
        _log.info("shard published", extra={"fields": fields})

    def remove_strays(self) -> None:
        """Delete what no manifest names: left by a killed writer, or staged by a worker and not adopted.

        On object storage `store gc` does that: who believes to hold the lock may be wrong there, and the file may be
        about to be published by another.
        """
        if is_remote(self._folder):
            return
        for path in strays(self._folder, self._index.manifest()):
            path.unlink(missing_ok=True)

    def journal(self, name: str = "") -> Journal:
        """Open the journal of what is made and not published yet, with what a killed writer left in it.

        Args:
            name: of a further journal with a life of its own, in a folder of this name beside the first one.
        """
        journal = Journal(self._folder / name if name else self._folder)
        self._journals.append(journal)
        return journal

    def close(self) -> None:
        """Refuse to publish from now on."""
        self._holder = None
        self._index.look_again(held=False)
        for journal in self._journals:
            journal.close()

    def _write(
        self,
        section: str,
        earlier: Sequence[Part],
        keys: Sequence[str],
        write: Callable[[Path], None],
        suffix: str,
    ) -> Part:
        return write_part(self._folder, section, next_ordinal(earlier), keys, write, suffix)

    def _parts_of(self, dropped: Sequence[str]) -> list[Part]:
        """The files of blobs that are dropped; other artifacts have many rows a file."""
        if dropped and self._spec.backend != "blob":
            raise PublishError(
                f"{self._spec.name} is stored as {self._spec.backend}, whose shards hold many rows each; only blobs, one file a "
                "row, are dropped row by row. Publish without `dropped`."
            )
        keys = set(dropped)
        return [part for part in self._index.manifest().shards if part.first_key in keys]

    def _named(self, section: str, earlier: Sequence[Part], staged: Sequence[Part]) -> list[Part]:
        """Give staged files the names that `publish` would have given them; mostly they have them already."""
        named = list(earlier)
        for part in staged:
            name = part_name(next_ordinal(named), part.sha256, part.file.rpartition(".")[2])
            if name != part.file:
                rename(self._folder / section, part.file, name)
                flush_folder(self._folder / section)
            named.append(replace(part, file=name))
        return named[len(earlier) :]

    def _publish_parts(
        self,
        keys: Sequence[str],
        layout: Mapping[str, str],
        shards: Sequence[Part],
        refused: Sequence[Part],
        notes: Mapping[str, float],
    ) -> None:
        manifest = self._index.manifest()
        self._check_lock()
        kept = {**manifest.notes, **notes}
        after = replace(manifest, layout=layout, shards=tuple(shards), rejected=tuple(refused), notes=kept)
        self._index.published(keys, manifest, after.write(self._folder))

    def _check_open(self) -> None:
        if self._holder != os.getpid():
            raise PublishError(
                f"{self._spec.name} is not open for writing here. Publish inside `with artifact.writer() as "
                "w:`, and in the process that opened it: worker processes hand their rows back to it."
            )

    def _check_rows(self, keys: Sequence[str], rejected: Sequence[Rejection]) -> None:
        refused = [row.key for row in rejected]
        everything = [*keys, *refused]
        check_keys(everything)
        again = self._index.some_stored(everything)
        if again is not None:
            raise PublishError(
                f"row {again} is already stored in {self._spec.name}, and stored rows are never replaced. "
                "Make only what artifact.missing(wanted) returns, asked inside the `with artifact.writer()` "
                "block: another writer may have finished while this one waited."
            )
        if len(set(everything)) < len(everything):
            twice = Counter(everything).most_common(1)[0][0]
            raise PublishError(
                f"row {twice} comes twice in what is published to {self._spec.name}; equal content is one "
                "row, so make each key of artifact.missing(wanted) once, and either store it or reject it."
            )

    def _layout(self, keys: Sequence[str], found: dict[str, str]) -> dict[str, str]:
        earlier = dict(self._index.manifest().layout)
        if not keys:
            return earlier
        if earlier and list(found.items()) != list(earlier.items()):
            raise PublishError(
                f"the rows of {self._spec.name} are {_listing(earlier)}; these are {_listing(found)}. All "
                "shards of an artifact have the same columns, in order, type and shape; if they are meant to "
                "differ, so must the spec."
            )
        return found


def _listing(layout: dict[str, str]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in layout.items()) or "without columns"
