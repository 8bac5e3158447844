"""Tables of somebody else, Parquet or packed CSV: what they unfold to is looked at before it is in memory.

A page of Parquet may hold one text once and name it a million times, so a file of kilobytes stands for gigabytes. The sizes that
it says come first; then its rows are counted as they lie in the file, each text once, before they are written out.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stores.machine import is_machine_error

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_TIMES, _MOST_BESIDE = 20, 64 << 20
_ROWS_BESIDE = 100_000
_ROWS_AT_ONCE = 4096
_PACKED = (".gz", ".bz2", ".zst", ".lz4", ".br")


class NotATable(ValueError):
    """A file is no table that is read; the message says why, without its name."""


def read_parquet(path: Path, columns: Sequence[str] | None = None) -> "pa.Table":
    """A Parquet file.

    Args:
        path: the file.
        columns: read these where they are there, and no others; None reads all.

    Raises:
        NotATable: it is damaged, or unfolds to far more than its own size.
        OSError: the system does not let it be read.
    """
    try:
        return _read(path, columns)
    except (NotATable, UnicodeDecodeError):
        raise
    except MemoryError as error:
        raise NotATable("it wants more memory than there is") from error
    except OSError as error:  # pyarrow's for a damaged file has no number
        if error.errno is not None or is_machine_error(error):
            raise
        raise NotATable(" ".join(str(error).split())) from error
    except Exception as error:  # every kind of pyarrow, and its wrappers'
        raise NotATable(" ".join(str(error).split())) from error


def require_honest_packing(path: Path) -> None:
    """Refuse a packed table, `x.csv.gz`, that unfolds to far more than its own size; another file is not looked at.

    Raises:
        NotATable: it does, or is damaged.
    """
    if path.suffix.lower() not in _PACKED:
        return
    import pyarrow as pa

    most, found = most_bytes(path), 0
    try:
        with pa.input_stream(str(path)) as content:
            while piece := content.read(1 << 20):
                found += len(piece)
                if found > most:
                    raise NotATable(_unfolds(path, most))
    except (pa.ArrowException, ValueError, OSError) as error:
        if isinstance(error, NotATable) or is_machine_error(error):
            raise
        raise NotATable(" ".join(str(error).split())) from error


def most_bytes(path: Path) -> int:
    """How many bytes a table of somebody else may unfold to."""
    return _MOST_TIMES * path.stat().st_size + _MOST_BESIDE


def _read(path: Path, columns: Sequence[str] | None) -> "pa.Table":
    from pyarrow import parquet

    most, size = most_bytes(path), path.stat().st_size
    with parquet.ParquetFile(path) as file:
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        leaves = [file.schema.column(i) for i in range(len(file.schema))]
        if file.metadata.num_rows > size + _ROWS_BESIDE:
            raise NotATable(f"it says that it has {file.metadata.num_rows:,} rows in {size:,} bytes; write it again")
        if sum(group.total_byte_size for group in groups) > most:
            raise NotATable(_unfolds(path, most))
        wanted = [name for name in file.schema_arrow.names if columns is None or name in columns]
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    found = 0
    with parquet.ParquetFile(path, read_dictionary=texts) as file:
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=None if columns is None else wanted, use_threads=False):
            found += sum(_written_out(column) for column in batch.columns)
            if found > most:
                raise NotATable(_unfolds(path, most))
    return parquet.read_table(path, columns=None if columns is None else wanted)


def _written_out(column: "pa.Array") -> int:
    """Bytes of a column when every value is written out that a dictionary holds once."""
    import pyarrow as pa
    from pyarrow import compute

    if isinstance(column, pa.ListArray | pa.LargeListArray):
        return column.nbytes - column.values.nbytes + _written_out(column.flatten())
    if not isinstance(column, pa.DictionaryArray):
        return int(column.nbytes)
    lengths = compute.binary_length(column.dictionary)
    return int(column.indices.nbytes) + int(compute.sum(lengths.take(column.indices)).as_py() or 0)


def _unfolds(path: Path, most: int) -> str:
    size = path.stat().st_size
    return f"it has {size:,} bytes and unfolds to more than {most:,}, which no table of texts does; write it again, unpacked"
