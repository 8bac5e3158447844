"""Writing sentences with labels, in every format that can be read."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from pipeline.printable import no_formula
from pipeline.text.errors import TextError
from pipeline.text.files.record import plain
from stores.commit import replace_bytes

__all__ = ["write_records"]

Row = tuple[str, Sequence[str]]


def write_records(path: Path, rows: Iterable[Row], format: str, spreadsheet: bool = False) -> None:
    """Write (sentence, labels) rows; the file is there whole, or as it was before.

    Args:
        path: The file.
        rows: What to write, in this order; a CuPL file has it class by class, a sentence under each of its labels.
        format: "taam", "cupl", "jsonl", "csv" or "parquet".
        spreadsheet: Whether a cell of CSV that begins as a formula does gets an apostrophe before it, see `no_formula`.

    Raises:
        TextError: The format cannot hold a row, or the file cannot be written.
    """
    writers: dict[str, Callable[[list[Row]], bytes]] = {
        "taam": _taam,
        "cupl": _cupl,
        "jsonl": _jsonl,
        "csv": partial(_csv, spreadsheet=spreadsheet),
        "parquet": _parquet,
    }
    content = writers[format]([_readable(text, labels) for text, labels in rows])
    try:
        replace_bytes(path, content)
    except OSError as error:
        raise TextError(f"texts: {path} cannot be written: {error.strerror or error}") from error


def _readable(text: str, labels: Sequence[str]) -> Row:
    """The row as it will be read again.

    Raises:
        TextError: It would be refused then.
    """
    sentence, names = plain(text), tuple(dict.fromkeys(map(plain, labels)))
    if not any(sign.isalnum() for sign in sentence) or not names or not all(names):
        raise TextError(
            f"texts: {text!r} with labels {list(labels)} cannot be written: a row is a sentence with a letter in it and at "
            "least one class name, none of them empty"
        )
    return sentence, names


def _taam(rows: list[Row]) -> bytes:
    for text, labels in rows:
        # A sentence that ends with & would move the divider.
        if "&&" in f"{text}&" or any("," in label or "&&" in label for label in labels):
            raise TextError(
                f"texts: the format taam divides by && and commas, and cannot hold {text!r} with labels {list(labels)}. "
                "Choose jsonl, csv or parquet"
            )
    return "".join(f"{text}&&{','.join(labels)}\n" for text, labels in rows).encode()


def _jsonl(rows: list[Row]) -> bytes:
    lines = (json.dumps({"text": text, "labels": list(labels)}, ensure_ascii=False) for text, labels in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _csv(rows: list[Row], spreadsheet: bool) -> bytes:
    for text, labels in rows:
        if any(";" in label for label in labels):
            raise TextError(
                f"texts: the format csv divides labels by ; and cannot hold {text!r} with labels {list(labels)}. Choose "
                "jsonl or parquet"
            )
    out = io.StringIO(newline="")
    cells = [(text, ";".join(found)) for text, found in rows]
    cells = [(no_formula(text), no_formula(found)) for text, found in cells] if spreadsheet else cells
    csv.writer(out, lineterminator="\n").writerows([("text", "labels"), *cells])
    return out.getvalue().encode()


def _parquet(rows: list[Row]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    texts, labels = zip(*rows, strict=True) if rows else ((), ())
    out = io.BytesIO()
    columns = {"text": pa.array(texts, pa.string()), "labels": pa.array(map(list, labels), pa.list_(pa.string()))}
    parquet.write_table(pa.table(columns), out)
    return out.getvalue()


def _cupl(rows: list[Row]) -> bytes:
    classes: dict[str, list[str]] = {}
    for text, labels in rows:
        for label in labels:
            classes.setdefault(label, []).append(text)
    return (json.dumps(classes, indent=1, ensure_ascii=False) + "\n").encode()
