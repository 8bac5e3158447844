"""Arrays in HDF5: one immutable file a shard, contiguous data sets read by memory map.

Dims: n rows asked for, r rows of a shard, ... the trailing shape of an array.

A data set's bytes lie in one piece at a known offset of the file, so numpy maps them and gathers rows itself:
measured 7.8 million random rows of 512 float16 a second, against 0.27 million by h5py's fancy indexing and
0.03 million from a chunked data set.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from stores.backend import Piece
from stores.compared import check_keys_of, compare_once, parsing
from stores.errors import PublishError, ReadError
from stores.fingerprint import KEY_LENGTH
from stores.manifest import Part

SUFFIX = "h5"
_KEYS = "keys"
# Rows of a misaligned map are not gathered in place: numpy would first copy the whole shard.
_ALIGNMENT = 64
_FORMAT: dict[str, Any] = {"libver": ("v110", "v110"), "alignment_threshold": 1, "alignment_interval": _ALIGNMENT}

Array = np.ndarray[Any, np.dtype[Any]]

# What h5py and numpy say of a file that they do not understand.
_ERRORS = (KeyError, ValueError, TypeError, RuntimeError, AttributeError)


def layout(keys: Sequence[str], data: Mapping[str, Array]) -> dict[str, str]:
    """Describe the arrays; see `Backend.layout`."""
    if not isinstance(data, Mapping) or not data:
        raise PublishError(f"an hdf5 artifact stores a dict of arrays, found {data if data == {} else type(data)!r}.")
    for name, array in data.items():
        _check(name, array, len(keys))
    return {name: _describe(data[name]) for name in sorted(data)}


def pieces(keys: Sequence[str], data: Mapping[str, Array]) -> Iterator[Piece]:
    """Write all rows to one file."""
    yield Piece(keys, lambda path: _write(path, keys, data))


def read_keys(path: Path, part: Part) -> list[str]:
    """Return the keys of a shard; see `Backend.read_keys`."""
    if not part.keys:  # a manifest older than digests of keys: what they are can be told by the whole file alone
        compare_once(path, part, whole=True)
    with parsing(path, part, *_ERRORS):
        text = _mapped(path, [_KEYS])[_KEYS].tobytes().decode("ascii", errors="replace")
    keys = [text[start : start + KEY_LENGTH] for start in range(0, len(text), KEY_LENGTH)]
    check_keys_of(path, part, keys)
    return keys


def map_arrays(path: Path, part: Part, names: Sequence[str]) -> dict[str, Array]:
    """Map arrays (r, ...) of a shard into memory, read-only; see `stores.compared` for what of it is compared.

    Raises:
        ShardError: if the shard is gone or damaged.
        UnreadableError: if the machine could not read it.
    """
    compare_once(path, part)
    with parsing(path, part, *_ERRORS):
        return _mapped(path, names)


def check_names(names: Sequence[str], layout: Mapping[str, str]) -> None:
    """Check that the artifact has these arrays.

    Raises:
        ReadError: naming one that it does not have.
    """
    unknown = [name for name in names if name not in layout]
    if unknown:
        raise ReadError(f"there is no array {unknown[0]!r}; there are {', '.join(layout) or 'none yet'}.")


def gather(
    rows: np.ndarray[Any, np.dtype[np.int64]],
    starts: Sequence[int],
    mapped: Callable[[int], Mapping[str, Array]],
) -> dict[str, Array]:
    """Gather rows of many shards in the order asked.

    Args:
        rows: (n,) numbers of rows, counted over all shards; any order, repeated or not; at least one.
        starts: the number of each shard's first row.
        mapped: returns the arrays (r, ...) of a shard, given its place in `starts`.

    Returns:
        new arrays (n, ...).
    """
    first = np.asarray(starts, dtype=np.int64)
    shards = np.searchsorted(first, rows, side="right") - 1
    order = np.argsort(shards, kind="stable")
    present, begins = np.unique(shards[order], return_index=True)
    out: dict[str, Array] = {}
    for shard, places in zip(present, np.split(order, begins[1:]), strict=True):
        for name, source in mapped(int(shard)).items():
            if name not in out:
                out[name] = np.empty((len(rows), *source.shape[1:]), source.dtype)
            _copy(source, rows[places] - first[shard], out[name], places)
    return out


def _copy(source: Array, rows: Array, out: Array, places: Array) -> None:
    if int(places[-1] - places[0]) == len(places) - 1:
        # Numbers come from the index, so they are in range; only with mode="clip" does take() write in place.
        np.take(source, rows, axis=0, out=out[places[0] : places[-1] + 1], mode="clip")
    else:
        out[places] = source[rows]


def _mapped(path: Path, names: Sequence[str]) -> dict[str, Array]:
    with h5py.File(path, "r") as file:
        return {name: _map(path, file[name]) for name in names}


def _map(path: Path, dataset: h5py.Dataset) -> Array:
    offset = dataset.id.get_offset()
    if offset is None:  # nothing is stored for an array without elements
        return np.empty(dataset.shape, dataset.dtype)
    return np.asarray(np.memmap(path, dataset.dtype, mode="r", offset=offset, shape=dataset.shape))


def _write(path: Path, keys: Sequence[str], data: Mapping[str, Array]) -> None:
    """Write a shard by way of memory: HDF5 that meets a full disk half-way can neither close its file nor end its process well.

    The bytes are those that HDF5 would write to the file itself. Shards are 130 MB at most; twice that is taken meanwhile.
    """
    with h5py.File(path, "w", driver="core", backing_store=False, **_FORMAT) as file:
        file.create_dataset(_KEYS, data=np.array(keys, dtype=f"S{KEY_LENGTH}"), track_times=False)
        for name in sorted(data):
            file.create_dataset(name, data=np.ascontiguousarray(data[name]), track_times=False)
        file.flush()
        path.write_bytes(file.id.get_file_image())


def _describe(array: Array) -> str:
    return f"{array.dtype.name}[{','.join(map(str, array.shape[1:]))}]"


def _check(name: object, array: object, rows: int) -> None:
    if not isinstance(name, str) or not name.isidentifier() or name == _KEYS:
        raise PublishError(f"{name!r} cannot name an array; use an identifier other than {_KEYS!r}, e.g. 'vectors'.")
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf" or array.dtype.byteorder == ">":
        found = f"{array.dtype} array" if isinstance(array, np.ndarray) else type(array).__name__
        raise PublishError(f"array {name!r} is a {found}; an hdf5 artifact stores numpy arrays of numbers or bools.")
    if array.ndim == 0 or len(array) != rows:
        raise PublishError(
            f"{rows} keys come with array {name!r} of shape {array.shape}; its first dim must be one row a key."
        )
