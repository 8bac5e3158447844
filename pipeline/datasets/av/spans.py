"""A memory of where pictures and sound of files lie: telling it reads a whole file, and a data set has thousands.

The memory goes by the bytes of a file. It may be deleted at any time; it only saves reading.
"""

import json
import logging
from pathlib import Path

from pipeline.datasets.av.probe import Span, span_of
from pipeline.datasets.file_keys import FileKeys
from pipeline.media.errors import MediaError
from stores.commit import make_folder, replace_bytes
from stores.disk import is_forbidden
from stores.errors import DiskError
from stores.lock import held
from stores.reading import reading
from stores.sealed import sealed, unsealed

_log = logging.getLogger(__name__)
_VERSION = 1
"""Raise it when another rule tells where a stream lies."""


class Spans:
    """Where pictures and sound lie, with a memory in the workspace; and the keys of the files."""

    def __init__(self, workspace: Path):
        self.keys = FileKeys(workspace / "cache" / "file-keys.json")
        self._memory = workspace / "cache" / "clip-spans.json"
        self._known = _load(self._memory)
        self._changed = False

    def of(self, path: Path, kind: str) -> Span:
        """Where the pictures ("video") or the sound ("audio") of a file lie; see `span_of`.

        Raises:
            MediaError: the file has none, or is broken.
            MachineFault: the machine failed while it was read.
        """
        try:
            name = f"{kind} of {self.keys.key(path)}"
        except OSError:
            return span_of(path, kind)  # tells what is wrong
        if name not in self._known:
            self._known[name] = _looked(path, kind)
            self._changed = True
        known = self._known[name]
        if isinstance(known, str):
            raise MediaError(known)
        return Span(*known)

    def together(self, video: Path, sound: Path, apart_s: float) -> Span:
        """Where pictures and sound of a clip lie, which must begin and end together.

        Args:
            video: the file with the pictures.
            sound: the file with the sound, or the same.
            apart_s: how far apart their beginnings, and their ends, may be, seconds.

        Raises:
            MediaError: one of them is not there or broken, or they are not together.
            MachineFault: the machine failed while it was read.
        """
        pictures, heard = self.of(video, "video"), self.of(sound, "audio")
        if max(abs(pictures.start - heard.start), abs(pictures.end - heard.end)) > apart_s:
            raise MediaError(f"pictures and sound are not together: pictures {pictures}, sound {heard}")
        return Span(max(pictures.start, heard.start), min(pictures.end, heard.end))

    def save(self) -> None:
        """Write the memory back, if anything was learned; who may not write there reads the files again next time."""
        self.keys.save()
        if not self._changed:
            return
        try:
            make_folder(self._memory.parent)
            with held(self._memory.with_suffix(".lock"), "the memory of clips"):
                content = {"version": _VERSION, "spans": {**_load(self._memory), **self._known}}
                replace_bytes(self._memory, sealed(json.dumps(content)))
        except DiskError as error:
            if not is_forbidden(error):
                raise
            _log.info("the memory of clips is not kept", extra={"fields": {"error": str(error)}})
        self._changed = False


def _looked(path: Path, kind: str) -> list[float] | str:
    try:
        span = span_of(path, kind)
    except MediaError as error:
        return str(error)
    return [span.start, span.end]


def _load(memory: Path) -> dict[str, list[float] | str]:
    try:
        with reading(memory):
            content = unsealed(memory.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except ValueError as error:
        _log.warning("the memory of clips, %s, is damaged (%s); all clips are looked at again", memory, error)
        return {}
    spans = content.get("spans") if isinstance(content, dict) and content.get("version") == _VERSION else None
    return {name: known for name, known in spans.items() if _is_known(known)} if isinstance(spans, dict) else {}


def _is_known(known: object) -> bool:
    return isinstance(known, str) or (
        isinstance(known, list) and len(known) == 2 and all(isinstance(one, int | float) for one in known)
    )
