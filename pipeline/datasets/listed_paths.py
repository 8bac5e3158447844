r"""Paths as lists have them: written with `/`, or on Windows with `\`."""

import os
import re
from pathlib import Path

_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")
NO_FILE = os.strerror(2)


def listed_path(folder: Path, listed: str) -> Path:
    r"""`folder / listed`. A `\` may be part of a name here, so it divides folders only where nothing has that name."""
    path = folder / listed
    if "\\" not in listed or os.sep == "\\" or os.path.lexists(path):
        return path
    return folder / listed.replace("\\", "/")


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
