"""Walking a tar of samples: media members are copied out under content names, small ones are read as labels.

Only plain files are read; links and devices in a tar are counted as strange, and a member's name gives nothing but its key and
its suffix.
"""

import hashlib
import os
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import IO

from pipeline.datasets.companions import of_no_sample
from pipeline.datasets.tar_headers import ShortHeader
from pipeline.datasets.tar_members import LABEL_SUFFIXES, Beside, beside_of, labels_within, problem_of, rank
from pipeline.datasets.unpacked import unpacked
from pipeline.printable import cut
from pipeline.reading import machine_fault, reading
from pipeline.reading.regular import LivingFile, open_regular
from stores.commit import make_folder
from stores.disk import TEMPORARY, writing
from stores.errors import MmptError

_MOST_LABEL_BYTES = 1 << 20
_MOST_TIMES, _MOST_BESIDE = (
    50,
    1 << 26,
)  # media hardly shrink; what unfolds to more than this many times the tar is a bomb
_MEMBERS_BESIDE, _BYTES_A_MEMBER = 10_000, 32  # no header with a name of its own is packed into less
_PIECE = 1 << 20
_LINK = "a link (tar --dereference --hard-dereference writes the file instead)"


@dataclass(frozen=True)
class Sample:
    """One sample of a tar.

    Attributes:
        name: `shard.tar/key`, for messages.
        file: the copy of its media file; empty where the sample cannot be used.
        size: bytes of that copy.
        labels: class names, or class numbers as digits.
        problem: why it cannot be used.
        beside: (what it is, reason, name) of members that are neither its media nor its labels; see `aside.py`. A sample of
            nothing else has neither file nor problem.
    """

    name: str
    file: str = ""
    size: int = 0
    labels: tuple[str, ...] = ()
    problem: str = ""
    beside: tuple[Beside, ...] = ()


def walk_tar(shard: Path, modality: str, copies: Path) -> Iterator[Sample]:
    """The samples of one tar, plain or compressed; if it cannot be read to its end, the last one says so.

    Raises:
        DiskError: a copy cannot be written.
        MachineFault: the tar cannot be read, which says nothing about it.
    """
    try:
        with (
            reading(shard),
            open_regular(shard, LivingFile) as file,
            tarfile.open(fileobj=unpacked(file), mode="r|", tarinfo=ShortHeader) as tar,
        ):
            # As a stream: members are read where they stand.
            most = _MEMBERS_BESIDE + shard.stat().st_size // _BYTES_A_MEMBER
            room = _MOST_TIMES * shard.stat().st_size + _MOST_BESIDE
            for key, members in groupby(
                _within(room, most, (member for member in tar if not member.isdir())), key=_key
            ):
                yield _sample(tar, members, f"{shard.name}/{key}", modality, copies)
    except MmptError:
        raise
    except Exception as error:  # tarfile's, those of four packings, and of whatever a header says
        if isinstance(error, OSError) and error.errno is not None:  # the system's, not of a damaged archive
            raise machine_fault(error, shard) from error
        told = cut(str(error) or type(error).__name__, 300)
        yield Sample(str(shard), problem=f"the tar cannot be read to its end: {told}")


def _within(room: int, most: int, members: Iterable[tarfile.TarInfo]) -> Iterator[tarfile.TarInfo]:
    """The members as long as all of them fit and are not too many; sizes are of their headers, by which they are also read."""
    for number, member in enumerate(members):
        if number > most:
            raise tarfile.ReadError(f"more than {most:,} members in so small a tar")
        if member.size < 0:
            raise tarfile.ReadError(f"{cut(member.name, 100)!r} says that it has {member.size} bytes")
        room -= member.size
        if room < 0:
            raise tarfile.ReadError(
                f"{cut(member.name, 100)!r} unfolds to {member.size:,} bytes, far more than the whole tar holds"
            )
        yield member


@dataclass(frozen=True)
class _Member:
    """A media member of a sample and its copy; `new` if that was made for it."""

    rank: int
    ending: str
    file: str
    size: int
    new: bool


@dataclass
class _Members:
    """What was found in a sample: media, ending -> content of what may be labels, and the rest."""

    media: list[_Member] = field(default_factory=list)
    texts: dict[str, bytes] = field(default_factory=dict)
    beside: list[Beside] = field(default_factory=list)

    def of_no_sample(self) -> bool:
        """Whether nothing but what belongs to no sample was found."""
        return (
            bool(self.beside)
            and not self.media
            and not self.texts
            and not any(w != "passed over" for w, _, _ in self.beside)
        )

    def choose(self, modality: str, name: str) -> list[str]:
        """Leave the media members that serve the modality best, and drop the copies of the others; returns their endings."""
        best = min((one.rank for one in self.media), default=0)
        chosen = [one for one in self.media if one.rank == best]
        for one in self.media:
            if one.rank != best:
                self.beside.append(("passed over", f".{one.ending} beside another {modality} file", name))
                _forget(one, chosen)
        self.media = chosen
        return [one.ending for one in chosen]

    def labels(self, name: str) -> tuple[str, ...]:
        """Those of the media member that is left."""
        within = self.media[0].ending.rpartition(".")[0]
        others = (ending for ending in self.texts if ending.rpartition(".")[0] not in ("", within))
        self.beside += [("passed over", f".{ending}", name) for ending in others]
        return labels_within(self.texts, within)


def _sample(tar: tarfile.TarFile, members: Iterable[tarfile.TarInfo], name: str, modality: str, copies: Path) -> Sample:
    found = _Members()
    for member in members:
        _sort_in(found, tar, member, modality, copies)
    if found.of_no_sample():
        return Sample(name, beside=tuple(found.beside))
    endings = found.choose(modality, name)
    if len(endings) != 1:
        return Sample(name, problem=problem_of(endings, modality, found.beside), beside=tuple(found.beside))
    try:
        labels = found.labels(name)
    except (ValueError, RecursionError) as error:  # the latter by JSON that is nested too deeply
        return Sample(name, problem=f"labels cannot be read: {error}", beside=tuple(found.beside))
    return Sample(name, found.media[0].file, found.media[0].size, labels, beside=tuple(found.beside))


def _sort_in(found: _Members, tar: tarfile.TarFile, member: tarfile.TarInfo, modality: str, copies: Path) -> None:
    base = _path(member).name
    ending = "" if base.startswith(".") else base.partition(".")[2].lower()
    place = rank(ending, modality)
    if (reason := of_no_sample(_path(member))) is not None:
        found.beside.append(("passed over", reason, base))
    elif not member.isfile():
        found.beside.append(("strange", _LINK if member.islnk() or member.issym() else "a pipe or device", base))
    elif place is not None and (content := tar.extractfile(member)) is not None:
        copy = _copy(content, copies, os.path.splitext(base)[1].lower())
        found.media.append(_Member(place, ending, *copy))
    elif ending.rpartition(".")[2] in LABEL_SUFFIXES and (content := tar.extractfile(member)) is not None:
        found.texts[ending] = content.read(_MOST_LABEL_BYTES)
    elif not base.startswith("."):
        found.beside.append(beside_of(base))


def _forget(one: _Member, chosen: Iterable[_Member]) -> None:
    """Remove the copy of a member that is not used, if it was made for this sample."""
    if one.new and all(one.file != other.file for other in chosen):
        os.unlink(one.file)


def _path(member: tarfile.TarInfo) -> PurePosixPath:
    """The member's name; some programs on Windows divide folders by backslashes."""
    return PurePosixPath(member.name.replace("\\", "/"))


def _key(member: tarfile.TarInfo) -> str:
    """The member's name up to the first dot after the last slash."""
    path = _path(member)
    return str(path.with_name(path.name.partition(".")[0] or path.name)) if path.name else str(path)


def _copy(content: IO[bytes], copies: Path, suffix: str) -> tuple[str, int, bool]:
    """Path and size of the copy, which is named for the hash of its bytes (that of `stores.file_key`), and whether it is new."""
    with writing(copies):
        return _copied(content, copies, suffix)


def _copied(content: IO[bytes], copies: Path, suffix: str) -> tuple[str, int, bool]:
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
    new = not path.exists()
    os.replace(file.name, path)
    return str(path), size, new
