"""Keys of files, remembered: a file whose size and time of change are as before is not read again."""

import json
import logging
import os
from pathlib import Path

from pipeline.reading import reading
from pipeline.reading.regular import key_of, require_regular
from stores.commit import make_folder, replace_bytes
from stores.disk import is_forbidden
from stores.errors import DiskError, KeyFormatError
from stores.fingerprint import check_keys
from stores.lock import held
from stores.reading import reading as reading_own
from stores.sealed import sealed, unsealed

_log = logging.getLogger(__name__)


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
        """Write the memory back, if anything was learned; who may not write there reads the files again next time."""
        if not self._changed:
            return
        try:
            make_folder(self._memory.parent)
            with held(self._memory.with_suffix(".lock"), "the memory of file keys"):
                replace_bytes(self._memory, sealed(json.dumps({**_load(self._memory), **self._known})))
        except DiskError as error:
            if not is_forbidden(error):
                raise
            _log.info("the memory of file keys is not kept", extra={"fields": {"error": str(error)}})
        self._changed = False


def memory_problem(memory: Path) -> str:
    """What is wrong with a memory of file keys; nothing where there is none.

    Raises:
        UnreadableError: the machine could not read it.
    """
    try:
        _read(memory)
    except ValueError as error:
        return str(error)
    return ""


def _load(memory: Path) -> dict[str, list]:
    try:
        return _read(memory)
    except ValueError as error:
        _log.warning("the memory of file keys, %s, is damaged (%s); all files are read again", memory, error)
        return {}


def _read(memory: Path) -> dict[str, list]:
    try:
        with reading_own(memory):
            content = unsealed(memory.read_bytes())
    except (FileNotFoundError, NotADirectoryError):  # of a workspace below a file, which is told where it is opened
        return {}
    for path, known in content.items():
        if not isinstance(known, list) or [type(each) for each in known] != [int, int, str]:
            raise ValueError(f"what it knows of {path} is not a size, a time and a key")
    try:
        check_keys(known[2] for known in content.values())
    except KeyFormatError as error:
        raise ValueError(str(error)) from error
    return content
