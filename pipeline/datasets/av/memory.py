"""A memory of what was learned of files by reading all of them; it goes by their bytes.

It may be deleted at any time; it only saves reading.
"""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stores.commit import make_folder, replace_bytes
from stores.disk import is_forbidden
from stores.errors import DiskError
from stores.lock import held
from stores.reading import reading
from stores.sealed import sealed, unsealed

_log = logging.getLogger(__name__)


class Memory:
    """Names and what is known of each, as JSON has it.

    Args:
        path: the file that keeps it.
        what: of what it is, for messages: "clips".
        field: its name in the file.
        version: a memory of another version is not used.
        is_known: whether a value is one that may stand there; others are not used.
    """

    def __init__(self, path: Path, what: str, field: str, version: int, is_known: Callable[[object], bool]):
        self._path, self._what, self._field, self._version, self._is_known = path, what, field, version, is_known
        self.known: dict[str, Any] = self._load()
        self._changed = False

    def add(self, name: str, value: Any) -> None:
        """Remember something."""
        self.known[name] = value
        self._changed = True

    def save(self) -> None:
        """Write it back, if anything was learned; who may not write there reads the files again next time."""
        if not self._changed:
            return
        try:
            make_folder(self._path.parent)
            with held(self._path.with_suffix(".lock"), f"the memory of {self._what}"):
                content = {"version": self._version, self._field: {**self._load(), **self.known}}
                replace_bytes(self._path, sealed(json.dumps(content)))
        except DiskError as error:
            if not is_forbidden(error):
                raise
            _log.info(f"the memory of {self._what} is not kept", extra={"fields": {"error": str(error)}})
        self._changed = False

    def _load(self) -> dict[str, Any]:
        try:
            with reading(self._path):
                content = unsealed(self._path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except ValueError as error:
            _log.warning(
                "the memory of %s, %s, is damaged (%s); all %s are looked at again",
                self._what, self._path, error, self._what,
            )  # fmt: skip
            return {}
        found = content.get(self._field) if isinstance(content, dict) else None
        if not isinstance(found, dict) or content.get("version") != self._version:
            return {}
        return {name: value for name, value in found.items() if self._is_known(value)}
