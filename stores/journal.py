"""What a stage has made and not published yet, so that a kill does not cost it again.

Rows are published in shards, but come one by one; some are dear. A journal keeps each as a line of JSON beside the
manifest from the moment it is there until the shard that holds it is published. Nothing reads it but the writer
that takes over.
"""

import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from stores.address import Location, is_remote
from stores.commit import make_folder, replace_bytes
from stores.disk import writing
from stores.journal_objects import ObjectLines

JOURNAL = "journal.jsonl"


class Journal:
    """Values by key, kept on disk; threads may add while another drops. For the holder of the artifact's lock."""

    def __init__(self, folder: Location) -> None:
        """Take over what a killed writer left; the line that it was killed in is dropped."""
        self._lines = ObjectLines(folder) if is_remote(folder) else _FileLines(folder / JOURNAL)
        self._lock = threading.Lock()
        self._dropped: set[str] = set()
        self._entries = dict(_whole_lines(self._lines.read()))
        self._rewrite()

    def get(self, key: str) -> Any:
        """Return the value, or None."""
        return self._entries.get(key)

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
    if not is_remote(folder):
        return _FileLines(folder / JOURNAL).read().count(b"\n")
    try:
        return ObjectLines(folder).read().count(b"\n")
    except FileNotFoundError:  # its writer has just published them
        return 0


class _FileLines:
    """Lines in a file that grows."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes:
        return self._path.read_bytes() if self._path.exists() else b""

    def append(self, line: bytes) -> None:
        make_folder(self._path.parent)
        with writing(self._path), self._path.open("ab") as file:
            file.write(line)

    def replace(self, lines: bytes) -> None:
        if lines:
            replace_bytes(self._path, lines)
        else:
            self._path.unlink(missing_ok=True)

    def close(self) -> None:
        """Every line is in the file already."""


def _line(key: str, value: Any) -> bytes:
    return json.dumps([key, value]).encode() + b"\n"


def _whole_lines(content: bytes) -> list[tuple[str, Any]]:
    found = []
    for line in content.splitlines(keepends=True):
        try:
            key, value = json.loads(line)
        except (ValueError, TypeError):
            continue
        if line.endswith(b"\n"):
            found.append((key, value))
    return found
