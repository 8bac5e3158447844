"""The journal on object storage, where nothing can be appended to: small objects, each with the lines of one second.

A line is uploaded within a second of being added, by a thread of its own, together with those that came meanwhile; so a
kill costs at most a second of what is made, and an upload does not hold up what makes it.
"""

import logging
import threading
import uuid
from typing import TYPE_CHECKING

from stores import objects
from stores.errors import StorageError

if TYPE_CHECKING:
    from upath import UPath

JOURNAL_FOLDER = "journal"

_EVERY_S = 1.0
_log = logging.getLogger(__name__)


class ObjectLines:
    """Lines in objects below an artifact's folder; for one writer, whose threads may add."""

    def __init__(self, folder: "UPath") -> None:
        """Upload nothing yet."""
        self._folder = folder / JOURNAL_FOLDER
        self._guard = threading.Lock()
        self._waiting = b""
        self._timer: threading.Timer | None = None

    def read(self) -> bytes:
        """Return all lines that were uploaded."""
        return b"".join(objects.read(self._folder / name) for name in objects.names(self._folder))

    def append(self, line: bytes) -> None:
        """Have a line uploaded soon."""
        with self._guard:
            self._waiting += line
            if self._timer is None:
                self._timer = threading.Timer(_EVERY_S, self._upload)
                self._timer.daemon = True
                self._timer.start()

    def replace(self, lines: bytes) -> None:
        """Keep these lines only; the new ones are there before the old ones are gone."""
        with self._guard:
            self._stop()
            self._waiting = b""
            old = objects.names(self._folder)
            if lines:
                objects.put(self._folder / _name(), lines)
            objects.delete(self._folder / name for name in old)

    def close(self) -> None:
        """Upload what waits, now."""
        with self._guard:
            self._stop()
        self._upload()

    def _upload(self) -> None:
        with self._guard:
            self._timer = None
            if not self._waiting:
                return
            try:
                objects.put(self._folder / _name(), self._waiting)
            except StorageError as error:  # they wait for the next line; only a kill before that would lose them
                _log.warning("the journal could not be kept: %s", error)
            else:
                self._waiting = b""

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _name() -> str:
    # Values are found by key, so the order of objects does not matter.
    return f"{uuid.uuid4().hex}.jsonl"
