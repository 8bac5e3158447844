r"""Paths as lists have them: written with `/`, or on Windows with `\`."""

import os
import re
import unicodedata
from pathlib import Path

from pipeline.reading import reading

_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
NO_FILE = os.strerror(2)


def listed_path(folder: Path, listed: str) -> Path:
    r"""`folder / listed`, or what is there in another spelling of it.

    A `\` may be part of a name here, so it divides folders only where nothing has that name. Accents may be composed in the list
    and decomposed on the disk, which a Mac has written, or the other way round.
    """
    path = folder / listed
    if (listed.isascii() and "\\" not in listed) or _is_there(path):
        return path
    slashed = listed.replace("\\", "/")
    spellings = [slashed, *(unicodedata.normalize(form, slashed) for form in ("NFC", "NFD"))]
    return next((folder / each for each in spellings if _is_there(folder / each)), folder / slashed)


def _is_there(path: Path) -> bool:
    """As `os.path.lexists`, which takes a disk that fails for a file that is gone."""
    try:
        with reading(path):
            os.lstat(path)
    except (OSError, ValueError):
        return False
    return True


def why_absent(path: Path, listed: str | None = None) -> str:
    r"""Why nothing is found where a list says, in the system's words, and what is odd about the path.

    Args:
        path: where it was looked for.
        listed: as the list has it; None where it is not known.
    """
    text = str(path) if listed is None else listed
    found = _DRIVE.search(text) if os.sep != "\\" else None
    if found and (found.start() == 0 or text[found.start() - 1] == "/"):
        return f"{NO_FILE}: the path begins at a drive of Windows; write it from the folder of the list"
    return NO_FILE
