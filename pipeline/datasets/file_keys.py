"""Keys of files, remembered: a file whose size and time of change are as before is not read again."""

import json
import os
from pathlib import Path

from pipeline.reading import reading
from pipeline.reading.regular import key_of, require_regular
from stores.commit import make_folder, replace_bytes
from stores.lock import held


class FileKeys:
    """Hashes files, with a memory in the workspace. The memory may be deleted at any time; it only saves reading."""

    def __init__(self, memory: Path):
        self._memory = memory
        self._known: dict[str, list] = _load(memory)
        self._folders: dict[str, str] = {}
        self._changed = False

    def key(self, path: Path) -> str:
        """The key of the file's bytes.

        Raises:
            OSError: the file cannot be read.
            MachineFault: the machine failed while it was read.
        """
        with reading(path):
            return self._key(path)

    def _key(self, path: Path) -> str:
        stat = require_regular(path)
        name, state = self._real(path), [stat.st_size, stat.st_mtime_ns]
        known = self._known.get(name)
        if known is None or known[:2] != state:
            known = self._known[name] = [*state, key_of(path)]
            self._changed = True
        return known[2]

    def _real(self, path: Path) -> str:
        """The path without links: `path.resolve()`, at a tenth of its price for many files of few folders."""
        if path.is_symlink():
            return str(path.resolve())
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.realpath(folder)
        return os.path.join(self._folders[folder], name)

    def save(self) -> None:
        """Write the memory back, if anything was learned."""
        if self._changed:
            make_folder(self._memory.parent)
            with held(self._memory.with_suffix(".lock"), "the memory of file keys"):
                replace_bytes(self._memory, json.dumps({**_load(self._memory), **self._known}).encode())
            self._changed = False


def _load(memory: Path) -> dict[str, list]:
    try:
        return dict(json.loads(memory.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
