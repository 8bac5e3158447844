"""Publishing rows in an artifact."""

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stores.backend import backend
from stores.commit import flush, make_folder, place
from stores.errors import PublishError
from stores.fingerprint import check_keys
from stores.index import Index
from stores.journal import Journal
from stores.manifest import REJECTED, SHARDS, Part, strays
from stores.rejection import Rejection, write_rejections
from stores.spec import ArtifactSpec


class Writer:
    """Publishes rows for as long as the artifact's lock is held; made by `Artifact.writer`."""

    def __init__(self, folder: Path, spec: ArtifactSpec, index: Index) -> None:
        """Remove what a killed writer left; the caller holds the lock."""
        self._folder = folder
        self._spec = spec
        self._index = index
        self._holder: int | None = os.getpid()
        for path in strays(folder, index.manifest()):
            path.unlink()

    def publish(
        self,
        keys: Sequence[str],
        data: Any = None,
        rejected: Sequence[Rejection] = (),
        notes: Mapping[str, float] | None = None,
    ) -> None:
        """Publish rows and rejections together, by one replacement of the manifest.

        Args:
            keys: one key a row, none of them stored yet; empty if there are only rejections.
            data: the rows; `pyarrow.Table` for parquet, `dict[str, numpy.ndarray]` with first dim `len(keys)`
                for hdf5, `list[bytes]` for blob. Ignored if there are no keys.
            rejected: rows that could not be made, none of them stored.
            notes: numbers measured on these rows, kept in the manifest beside those it has.

        Raises:
            PublishError: if a key is stored or comes twice, the data do not fit the keys or the earlier
                shards, or the `with` block has been left.
            KeyFormatError: if a key is malformed.
        """
        if self._holder != os.getpid():
            raise PublishError(
                f"{self._spec.name} is not open for writing here. Publish inside `with artifact.writer() as "
                "w:`, and in the process that opened it: worker processes hand their rows back to it."
            )
        keys, rejected = list(keys), list(rejected)
        self._check_rows(keys, rejected)
        layout = self._layout(keys, data)
        manifest = self._index.manifest()
        make_folder(self._folder)
        shards, refused = list(manifest.shards), list(manifest.rejected)
        if keys:
            kind = backend(self._spec.backend)
            for piece in kind.pieces(keys, data):
                shards.append(self._write(SHARDS, shards, piece.keys, piece.write, kind.SUFFIX))
            flush(self._folder / SHARDS)
        if rejected:
            write = _rejections_writer(rejected)
            refused.append(self._write(REJECTED, refused, [row.key for row in rejected], write, "parquet"))
            flush(self._folder / REJECTED)
        kept = {**manifest.notes, **(notes or {})}
        replace(manifest, layout=layout, shards=tuple(shards), rejected=tuple(refused), notes=kept).write(self._folder)

    def journal(self) -> Journal:
        """Open the journal of what is made and not published yet, with what a killed writer left in it."""
        return Journal(self._folder)

    def close(self) -> None:
        """Refuse to publish from now on."""
        self._holder = None

    def _write(
        self,
        section: str,
        earlier: Sequence[Part],
        keys: Sequence[str],
        write: Callable[[Path], None],
        suffix: str,
    ) -> Part:
        # Numbers go on after the last one, not by count: a repair may have dropped parts before it.
        ordinal = earlier[-1].ordinal + 1 if earlier else 0
        make_folder(self._folder / section)
        path, digest = place(self._folder / section, write, lambda digest: f"{ordinal:06d}-{digest[:16]}.{suffix}")
        return Part(path.name, len(keys), keys[0], keys[-1], path.stat().st_size, digest)

    def _check_rows(self, keys: Sequence[str], rejected: Sequence[Rejection]) -> None:
        refused = [row.key for row in rejected]
        everything = [*keys, *refused]
        check_keys(everything)
        stored = self._index.rows().numbers
        again = next((key for key in everything if key in stored), None)
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

    def _layout(self, keys: Sequence[str], data: Any) -> dict[str, str]:
        earlier = dict(self._index.manifest().layout)
        if not keys:
            return earlier
        found = backend(self._spec.backend).layout(keys, data)
        if earlier and list(found.items()) != list(earlier.items()):
            raise PublishError(
                f"the rows of {self._spec.name} are {_listing(earlier)}; these are {_listing(found)}. All "
                "shards of an artifact have the same columns, in order, type and shape; if they are meant to "
                "differ, so must the spec."
            )
        return found


def _rejections_writer(rejected: Sequence[Rejection]) -> Callable[[Path], None]:
    return lambda path: write_rejections(path, rejected)


def _listing(layout: dict[str, str]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in layout.items()) or "without columns"
