"""What a kind of shard file must do, and which kinds there are."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol, cast

from stores.part import Part
from stores.spec import BackendName


class Piece(NamedTuple):
    """A file that is to be written: its rows' keys, and what writes it at a path."""

    keys: Sequence[str]
    write: Callable[[Path], None]


class Backend(Protocol):
    """How rows lie in files. A backend is a module with these names."""

    SUFFIX: str

    def layout(self, keys: Sequence[str], data: Any) -> dict[str, str]:
        """Describe the data's columns, e.g. {"vectors": "float16[512]"}.

        Raises:
            PublishError: if the data do not fit the keys or the backend.
        """
        ...

    def pieces(self, keys: Sequence[str], data: Any) -> Iterator[Piece]:
        """Split the rows into the files they are written to; equal rows make equal bytes."""
        ...

    def read_keys(self, path: Path, part: Part) -> list[str]:
        """Return the keys of a file, in order.

        Raises:
            ShardError: if the file cannot be read.
        """
        ...


def backend(name: BackendName) -> Backend:
    """Return a backend, imported when first asked for: h5py and pyarrow take a quarter of a second."""
    module = {"parquet": "stores.parquet", "hdf5": "stores.hdf5", "blob": "stores.blob"}[name]
    return cast(Backend, importlib.import_module(module))
