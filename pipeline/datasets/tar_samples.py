"""Walking a tar of samples: media members are copied out under content names, small ones are read as labels.

Only plain files count; links, devices and folders in a tar are passed over, and a member's name gives nothing but its
key and its suffix.
"""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import IO, Any

from pipeline.media.formats import EXTENSIONS
from pipeline.reading import machine_fault, reading
from pipeline.reading.regular import LivingFile, open_regular
from stores.commit import TEMPORARY, make_folder
from stores.disk import writing
from stores.errors import DiskError

_LABEL_SUFFIXES = ("cls", "json", "txt")  # the first that is there counts
_MOST_LABEL_BYTES = 1 << 20
_MOST_TIMES, _MOST_BESIDE = (
    50,
    1 << 26,
)  # media hardly shrink; what unfolds to more than this many times the tar is a bomb
_PIECE = 1 << 20


@dataclass(frozen=True)
class Sample:
    """One sample of a tar.

    Attributes:
        name: `shard.tar/key`, for messages.
        file: the copy of its media file; empty where the sample cannot be used.
        size: bytes of that copy.
        labels: class names, or class numbers as digits.
        problem: why it cannot be used.
    """

    name: str
    file: str = ""
    size: int = 0
    labels: tuple[str, ...] = ()
    problem: str = ""


def walk_tar(shard: Path, modality: str, copies: Path) -> Iterator[Sample]:
    """The samples of one tar, plain or compressed; if it cannot be read to its end, the last one says so.

    Raises:
        DiskError: a copy cannot be written.
        MachineFault: the tar cannot be read, which says nothing about it.
    """
    try:
        with reading(shard), open_regular(shard, LivingFile) as file, tarfile.open(fileobj=file, mode="r|*") as tar:
            # As a stream: members are read where they stand.
            room = _MOST_TIMES * shard.stat().st_size + _MOST_BESIDE
            for key, members in groupby(_within(room, (member for member in tar if member.isfile())), key=_key):
                yield _sample(tar, members, f"{shard.name}/{key}", modality, copies)
    except DiskError:
        raise
    except (tarfile.TarError, OSError, EOFError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the system's, not of a damaged archive
            raise machine_fault(error, shard) from error
        yield Sample(str(shard), problem=f"the tar cannot be read to its end: {error}")


def _within(room: int, members: Iterable[tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
    """The members as long as all of them together fit; sizes are those of their headers, by which they are also read."""
    for member in members:
        room -= member.size
        if room < 0:
            raise tarfile.ReadError(
                f"{member.name!r} unfolds to {member.size:,} bytes, far more than the whole tar holds"
            )
        yield member


def _sample(tar: tarfile.TarFile, members: Iterable[tarfile.TarInfo], name: str, modality: str, copies: Path) -> Sample:
    media: list[tuple[str, int]] = []
    texts: dict[str, bytes] = {}
    for member in members:
        suffix = PurePosixPath(member.name).name.partition(".")[2].lower()
        content = tar.extractfile(member)
        if content is None:
            continue
        if f".{suffix}" in EXTENSIONS[modality]:
            media.append(_copy(content, copies, f".{suffix}"))
        elif suffix in _LABEL_SUFFIXES:
            texts[suffix] = content.read(_MOST_LABEL_BYTES)
    if len(media) != 1:
        return Sample(name, problem=f"{len(media) or 'no'} {modality} files in this sample, one expected")
    try:
        labels = next((_labels(suffix, texts[suffix]) for suffix in _LABEL_SUFFIXES if suffix in texts), ())
    except (ValueError, RecursionError) as error:  # the latter by JSON that is nested too deeply
        return Sample(name, problem=f"labels cannot be read: {error}")
    return Sample(name, *media[0], labels)


def _key(member: tarfile.TarInfo) -> str:
    """The member's name up to the first dot after the last slash."""
    path = PurePosixPath(member.name)
    return str(path.with_name(path.name.partition(".")[0] or path.name))


def _copy(content: IO[bytes], copies: Path, suffix: str) -> tuple[str, int]:
    """Path and size of the copy, which is named for the hash of its bytes (that of `stores.file_key`)."""
    with writing(copies):
        return _copied(content, copies, suffix)


def _copied(content: IO[bytes], copies: Path, suffix: str) -> tuple[str, int]:
    make_folder(copies)
    digest, size = hashlib.blake2b(digest_size=16), 0
    with NamedTemporaryFile(dir=copies, prefix=TEMPORARY, delete=False) as file:
        try:
            while piece := content.read(_PIECE):
                digest.update(piece)
                size += file.write(piece)
        except BaseException:
            os.unlink(file.name)
            raise
    folder = copies / digest.hexdigest()[:2]
    folder.mkdir(exist_ok=True)
    path = folder / f"{digest.hexdigest()}{suffix}"
    os.replace(file.name, path)
    return str(path), size


def _labels(suffix: str, content: bytes) -> tuple[str, ...]:
    """Names, or numbers as digits; `.txt` has a name a line, `.json` has `label`, `labels` or `cls`."""
    text = content.decode("utf-8")
    if suffix != "json":
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    found: Any = json.loads(text)
    if isinstance(found, dict):
        found = next((found[name] for name in ("labels", "label", "cls") if name in found), [])
    listed = found if isinstance(found, list) else [found]
    if not all(type(label) in (str, int) for label in listed):
        raise ValueError('expected "label": "cat" or "labels": ["cat", 3]')
    return tuple(str(label) for label in listed)
