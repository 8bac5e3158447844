"""What a stage has made and not published yet, so that a kill does not cost it again.

Rows are published in shards, but come one by one; some are dear. A journal keeps each as a line of JSON beside the
manifest from the moment it is there until the shard that holds it is published. Nothing reads it but the writer
that takes over.

A line is `[key, value, checksum]`; older versions wrote `[key, value]`. A line that is not what its own key and value would be
written as is damaged: it counts for nothing, and its row is made again.
"""

import json
import logging
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stores.address import Location, is_remote
from stores.commit import make_folder, replace_bytes
from stores.disk import writing
from stores.fingerprint import text_key
from stores.journal_objects import ObjectLines
from stores.reading import reading

JOURNAL = "journal.jsonl"
_log = logging.getLogger(__name__)


class Journal:
    """Values by key, kept on disk; threads may add while another drops. For the holder of the artifact's lock."""

    def __init__(self, folder: Location) -> None:
        """Take over what a killed writer left; the line that it was killed in is dropped."""
        self._lines = _lines_in(folder)
        self._lock = threading.Lock()
        self._dropped: set[str] = set()
        entries, damaged = _parsed(self._lines.read())
        if damaged:
            _log.warning("%d lines of the journal of %s are damaged; what they held is made again", damaged, folder)
        self._entries = dict(entries)
        self._rewrite()

    def get(self, key: str) -> Any:
        """Return the value, or None."""
        return self._entries.get(key)

    def items(self) -> list[tuple[str, Any]]:
        """Return all keys with their values."""
        with self._lock:
            return list(self._entries.items())

    def add(self, key: str, value: Any) -> None:
        """Keep a value that JSON can hold, unless its key was dropped: it came too late to matter."""
        with self._lock:
            if key in self._dropped:
                return
            self._entries[key] = value
            self._lines.append(_line(key, value))

    def drop(self, keys: Iterable[str]) -> None:
        """Forget what has been published."""
        with self._lock:
            self._dropped.update(keys)
            self._entries = {key: value for key, value in self._entries.items() if key not in self._dropped}
            self._rewrite()

    def clear(self) -> None:
        """Forget everything: what is left belongs to nobody."""
        self.drop(list(self._entries))

    def close(self) -> None:
        """Wait until what was added is kept."""
        self._lines.close()

    def _rewrite(self) -> None:
        self._lines.replace(b"".join(_line(key, value) for key, value in self._entries.items()))


def journal_rows(folder: Location) -> int:
    """Return how many rows wait in the journal of an artifact; 0 where there is none."""
    return _read(folder).count(b"\n")


def damaged_lines(folder: Location) -> int:
    """Return how many lines of an artifact's journal are damaged; the one that a writer was killed in is not."""
    return _parsed(_read(folder))[1]


def _read(folder: Location) -> bytes:
    try:
        return _lines_in(folder).read()
    except FileNotFoundError:  # its writer has just published them
        return b""


def _lines_in(folder: Location) -> "ObjectLines | _FileLines":
    return ObjectLines(folder) if is_remote(folder) else _FileLines(folder / JOURNAL)


class _FileLines:
    """Lines in a file that grows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes:
        with reading(self._path):
            return self._path.read_bytes() if self._path.exists() else b""

    def append(self, line: bytes) -> None:
        make_folder(self._path.parent)
        with writing(self._path), self._path.open("ab") as file:
            file.write(line)

    def replace(self, lines: bytes) -> None:
        if lines:
            replace_bytes(self._path, lines)
        else:
            with writing(self._path):
                self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Every line is in the file already."""


def _line(key: str, value: Any) -> bytes:
    body = json.dumps([key, value])
    return f'{body[:-1]}, "{text_key(body)}"]\n'.encode()


def _parsed(content: bytes) -> tuple[list[tuple[str, Any]], int]:
    """Return what stands in the lines that are whole, and how many are damaged."""
    *lines, last = content.split(b"\n")
    found = [entry for line in lines if (entry := _entry(line + b"\n"))]
    return found, len(lines) - len(found) + _has_more_than_a_cut(last)


def _entry(line: bytes) -> tuple[str, Any] | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, list) or len(fields) not in (2, 3) or not isinstance(fields[0], str):
        return None
    key, value = fields[:2]
    return (key, value) if len(fields) == 2 or _line(key, value) == line else None


def _has_more_than_a_cut(rest: bytes) -> bool:
    """Tell whether behind the last line's end there is more than a kill can leave, which is a line's beginning."""
    text = rest.decode(errors="replace")
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return end < len(text)
