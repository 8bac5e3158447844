"""Reading sentences with labels from files. A line that cannot be used is told with its number and what is wrong with it.

taam      .txt      sentence&&label,label          a line each; the training files of TaAM-CPT's authors
cupl      .json     {"class": ["sentence", …], …}  one object; CuPL's prompts
jsonl     .jsonl    {"text": …, "labels": […]}     a line each; "caption", "sentence" and "label" are understood too
csv       .csv      columns text and labels        labels divided by ";"
parquet   .parquet  columns text and labels        labels a list, or divided by ";"
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from pipeline.text.errors import TextError
from pipeline.text.files.cupl import read_cupl
from pipeline.text.files.lines import read_jsonl, read_taam
from pipeline.text.files.record import BadRecord, Record
from pipeline.text.files.tables import read_csv, read_parquet

__all__ = ["file_format", "read_records"]

_SUFFIXES = {".txt": "taam", ".json": "cupl", ".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}


def file_format(path: Path, asked: str = "auto") -> str:
    """The format of a file: the one asked for, or the one that its name tells.

    Raises:
        TextError: The name tells none.
    """
    found = _SUFFIXES.get(path.suffix.lower()) if asked == "auto" else asked
    if found is None:
        known = ", ".join(f"{name} ({suffix})" for suffix, name in _SUFFIXES.items())
        raise TextError(f"texts: the name of {path} tells no format. Say which of these it is: {known}")
    return found


def read_records(path: Path, format: str) -> Iterator[Record | BadRecord]:
    """Everything that a file holds, in its order; blank lines are passed over.

    Args:
        path: The file.
        format: "taam", "cupl", "jsonl", "csv" or "parquet".

    Raises:
        TextError: There is no such file, or it is of another format altogether.
    """
    readers: dict[str, Callable[[Path], Iterator[Record | BadRecord]]] = {
        "taam": read_taam,
        "cupl": read_cupl,
        "jsonl": read_jsonl,
        "csv": read_csv,
        "parquet": read_parquet,
    }
    try:
        yield from readers[format](path)
    except OSError as error:
        raise TextError(f"texts: {path} cannot be read: {error.strerror or error}") from error
