"""Rows that another process wrote into an artifact's folder, for the holder of its lock to publish.

A worker of a cluster writes its shard where it belongs and hands back what is said here: names, sizes, keys at the ends, no rows.
Until the holder adopts the files no manifest names them, so a worker killed in mid-write, or one that comes too late, leaves
strays as a killed writer does. A file is named after its content: who writes the same shard again writes the same file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from stores.address import Location
from stores.backend import backend
from stores.disk import flush_folder
from stores.errors import PublishError
from stores.manifest import REJECTED, SHARDS, check_part, part_path
from stores.part import Part
from stores.parts import rejections_writer, write_part
from stores.rejection import Rejection, read_rejections
from stores.spec import BackendName
from stores.whole_shards import keys_digest


class Ordinals(NamedTuple):
    """Numbers that the parts will probably get; where they are wrong, the holder gives the files their right names."""

    shard: int
    rejected: int


@dataclass(frozen=True)
class StagedRows:
    """Files in an artifact's folder that no manifest names yet.

    Attributes:
        layout: of the rows, as in a manifest; empty if there are none.
        shards: files of rows under `shards/`.
        rejected: files of rejections under `rejected/`.
        notes: numbers measured on the rows, for the manifest.
    """

    layout: Mapping[str, str]
    shards: tuple[Part, ...]
    rejected: tuple[Part, ...]
    notes: Mapping[str, float] = field(default_factory=dict)


def staged_keys(artifact: Location, staged: StagedRows, made_of: Sequence[str]) -> tuple[list[str], list[Rejection]]:
    """The keys of staged rows, and what was rejected, without reading a row.

    Args:
        artifact: its folder.
        staged: what another process left there.
        made_of: keys that the rows and rejections were made of, in order.

    Raises:
        ShardError: if a file is not there in full length.
        PublishError: if these are other rows.
    """
    rejected = [row for part in staged.rejected for row in read_rejections(part_path(artifact, REJECTED, part), part)]
    refused = {row.key for row in rejected}
    keys = [key for key in made_of if key not in refused]
    rest = iter(keys)
    for part in staged.shards:
        check_part(artifact, SHARDS, part)
        if keys_digest(list(islice(rest, part.rows))) != part.keys:
            raise _others(artifact)
    if next(rest, None) is not None:
        raise _others(artifact)
    return keys, rejected


def _others(artifact: Location) -> PublishError:
    return PublishError(
        f"a worker made other rows of {artifact} than it was asked for. Install the same version of mmpt-pipeline where the "
        "workers run as here, and start them again."
    )


def stage_rows(
    folder: Location,
    backend_name: BackendName,
    keys: Sequence[str],
    data: Any,
    rejected: Sequence[Rejection],
    notes: Mapping[str, float],
    ordinals: Ordinals,
) -> StagedRows:
    """Write rows and rejections into the artifact's folder; needs no lock.

    Args:
        folder: the artifact's; another process holds it.
        backend_name: how the artifact is stored.
        keys: one key a row.
        data: the rows, see `Writer.publish`.
        rejected: rows that could not be made.
        notes: for the manifest.
        ordinals: numbers that the files will probably get.

    Raises:
        PublishError: if the data do not fit the keys or the backend.
    """
    kind = backend(backend_name)
    layout = kind.layout(keys, data) if keys else {}
    pieces = list(kind.pieces(keys, data)) if keys else []
    shards = [
        write_part(folder, SHARDS, ordinals.shard + i, piece.keys, piece.write, kind.SUFFIX)
        for i, piece in enumerate(pieces)
    ]
    refused = []
    if rejected:
        names, write = [row.key for row in rejected], rejections_writer(rejected)
        refused.append(write_part(folder, REJECTED, ordinals.rejected, names, write, "parquet"))
    for section in ([SHARDS] if shards else []) + ([REJECTED] if refused else []):
        flush_folder(folder / section)
    return StagedRows(layout, tuple(shards), tuple(refused), dict(notes))
