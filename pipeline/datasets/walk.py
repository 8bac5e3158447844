"""Listing of folders that loses nothing: what may not be listed is told, and what leads nowhere counts as a file."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.printable import cut
from pipeline.reading import reading


def listed(folder: Path) -> list[os.DirEntry[str]]:
    """Everything in a folder, sorted by name.

    Raises:
        DatasetError: this user may not list it, or not reach what is in it, or it is gone, or lies too deep.
        MachineFault: the machine failed.
    """
    try:
        with reading(folder):
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
            if entries and not os.access(folder, os.X_OK):
                os.stat(os.path.join(folder, "."))  # tells why
    except PermissionError as error:
        raise DatasetError(
            f"data: {folder} may not be read by this user ({error.strerror}), so nobody knows what it holds. Let this user "
            f"read it (chmod u+rx '{folder}'), or move it away"
        ) from error
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DatasetError(
            f"data: the folder {folder} was removed or replaced while it was listed. Wait until nobody changes it, then type the "
            "same command again"
        ) from error
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise DatasetError(
            f"data: a folder lies so deep that its path of {len(os.fsencode(folder)):,} bytes is longer than the system takes: "
            f"{cut(str(folder), 200)}. Move what is in it further up"
        ) from error
    return entries


def is_folder(entry: os.DirEntry[str] | Path) -> bool:
    """Whether it is a folder, or a link to one; what cannot be followed is none."""
    try:
        with reading(entry.path if isinstance(entry, os.DirEntry) else entry):
            return entry.is_dir()
    except OSError:  # a link in a circle, or into a folder that may not be entered
        return False


def files_in(folder: Path) -> list[Path]:
    """Everything in a folder that is no folder, sorted: files, pipes, links that lead nowhere."""
    return [Path(entry.path) for entry in listed(folder) if not is_folder(entry)]


def files_below(folder: Path) -> Iterator[Path]:
    """The same of a folder and its visible sub-folders, in the order of sorted paths.

    A link to a folder is not followed, which could go on for ever; it comes as what it is, so that somebody asks for it.
    """
    for entry in listed(folder):
        if entry.is_symlink() or not is_folder(entry):
            yield Path(entry.path)
        elif not entry.name.startswith("."):
            yield from files_below(Path(entry.path))


def lost_links(folder: Path) -> list[Path]:
    """The visible links in a folder that lead nowhere, or to where this user may not look."""
    links = (entry for entry in listed(folder) if entry.is_symlink() and not entry.name.startswith("."))
    return [Path(entry.path) for entry in links if not is_folder(entry) and not _leads_somewhere(entry)]


def _leads_somewhere(entry: os.DirEntry[str]) -> bool:
    try:
        with reading(entry.path):
            os.stat(entry.path)
    except OSError:
        return False
    return True
