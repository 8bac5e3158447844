"""A memory of where pictures and sound of files lie: telling it reads a whole file, and a data set has thousands.

The memory goes by the bytes of a file. It may be deleted at any time; it only saves reading.
"""

from collections.abc import Iterable
from pathlib import Path

from pipeline.datasets.av.memory import Memory
from pipeline.datasets.av.probe import Span, span_of
from pipeline.datasets.file_keys import FileKeys
from pipeline.media.errors import MediaError

_VERSION = 1
"""Raise it when another rule tells where a stream lies."""


class Spans:
    """Where pictures and sound lie, with a memory in the workspace; and the keys of the files."""

    def __init__(self, workspace: Path):
        self.keys = FileKeys(workspace / "cache" / "file-keys.json")
        self._memory = Memory(workspace / "cache" / "clip-spans.json", "clips", "spans", _VERSION, _is_known)

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
        if name not in self._memory.known:
            self._memory.add(name, _looked(path, kind))
        known = self._memory.known[name]
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

    def unreadable(self, paths: Iterable[Path]) -> str:
        """The first file that cannot be read from the disk, by its name, and why; nothing where all can.

        Raises:
            MachineFault: the machine failed while one was read.
        """
        for path in paths:
            try:
                self.keys.key(path)
            except OSError as error:
                return f"{path.name}: {error.strerror or error}"
        return ""

    def save(self) -> None:
        """Write the memory back, if anything was learned; who may not write there reads the files again next time."""
        self.keys.save()
        self._memory.save()


def _looked(path: Path, kind: str) -> list[float] | str:
    try:
        span = span_of(path, kind)
    except MediaError as error:
        return str(error)
    return [span.start, span.end]


def _is_known(known: object) -> bool:
    return isinstance(known, str) or (
        isinstance(known, list) and len(known) == 2 and all(isinstance(one, int | float) for one in known)
    )
