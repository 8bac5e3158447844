"""Tables in Parquet: texts, labels, scores, reasons; what people query."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stores.backend import Piece
from stores.compared import check_keys_of, parsing, part_bytes
from stores.errors import PublishError, ReadError
from stores.part import Part

SUFFIX = "parquet"
KEY = "key"
ERRORS = (KeyError, ValueError, pa.ArrowException)
"""What pyarrow says of a file that it does not understand."""


def layout(keys: Sequence[str], data: pa.Table) -> dict[str, str]:
    """Describe the columns; see `Backend.layout`."""
    if not isinstance(data, pa.Table):
        raise PublishError(
            f"a parquet artifact stores a pyarrow.Table, found {type(data).__name__}; use pa.table(...)."
        )
    if KEY in data.column_names:
        raise PublishError(f"the table has a column {KEY!r}, which publish adds itself; pass a table without it.")
    if len(set(data.column_names)) < len(data.column_names):
        raise PublishError(f"the table names a column twice: {', '.join(data.column_names)}.")
    if data.num_rows != len(keys) and data.column_names:
        raise PublishError(f"{len(keys)} keys come with a table of {data.num_rows} rows; pass one key a row.")
    return {column.name: str(column.type) for column in data.schema}


def pieces(keys: Sequence[str], data: pa.Table) -> Iterator[Piece]:
    """Write all rows to one file, the keys first."""
    # A column's chunks and the metadata of its schema come from how the caller built it, not from the rows.
    plain = pa.table(
        [pa.array(keys, pa.string()), *(column.combine_chunks() for column in data.columns)],
        schema=pa.schema([pa.field(KEY, pa.string()), *(pa.field(f.name, f.type) for f in data.schema)]),
    )
    yield Piece(keys, lambda path: write_table(path, plain))


def read_keys(path: Path, part: Part) -> list[str]:
    """Return the keys of a shard; see `Backend.read_keys`."""
    # The column of keys alone is read, so no more than the keys is compared.
    source: Path | pa.Buffer = path if part.keys else pa.py_buffer(part_bytes(path, part))
    with parsing(path, part, *ERRORS):
        keys: list[str] = _read(source, [KEY]).column(KEY).to_pylist()
    check_keys_of(path, part, keys)
    return keys


def read_shards(shards: Sequence[tuple[Path, Part]], layout: dict[str, str], columns: Sequence[str] | None) -> pa.Table:
    """Read whole shards one after the other, the key first.

    Raises:
        ReadError: if there is no such column.
        ShardError: if a shard is gone or damaged.
        UnreadableError: if the machine could not read it.
    """
    unknown = [name for name in columns or () if name not in (KEY, *layout)]
    if unknown and layout:
        raise ReadError(f"there is no column {unknown[0]!r}; there are {', '.join((KEY, *layout))}.")
    names = [KEY, *(layout if columns is None else (name for name in columns if name != KEY))]
    if not shards:
        return pa.table({name: pa.array([], pa.string() if name == KEY else pa.null()) for name in names})
    return pa.concat_tables([read_whole(path, part, names) for path, part in shards])


def read_whole(path: Path, part: Part, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a part and compare all of it, whatever columns are asked for; errors as of `read_shards`."""
    data = pa.py_buffer(part_bytes(path, part))
    with parsing(path, part, *ERRORS):
        return _read(data, columns)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table whose bytes depend on nothing but its rows and the version of pyarrow.

    Dictionaries are off: they cost 2.5 times the time to write and hardly ever pay for texts and vectors.
    """
    pq.write_table(table, path, use_dictionary=False, compression="zstd", row_group_size=65536)


_ALONE = 10_000
"""Rows up to which threads would take longer to wake than the rows to read: rejections are many small files."""


def _read(source: Path | pa.Buffer, columns: Sequence[str] | None) -> pa.Table:
    # One ParquetFile, not read_table: that one goes through the dataset layer and takes five times as long to open.
    with pq.ParquetFile(source if isinstance(source, Path) else pa.BufferReader(source)) as file:
        threads = file.metadata.num_rows > _ALONE
        if columns is None:
            return file.read(use_threads=threads)
        return file.read(columns=list(columns), use_threads=threads).select(list(columns))
