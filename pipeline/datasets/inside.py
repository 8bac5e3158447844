"""Paths from a list stay below the data set's root: a list is somebody else's text, and what it names is opened and published."""

import re
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.listed_paths import listed_path

_ROOTED = re.compile(r"[/\\]|[A-Za-z]:[/\\]")


def require_inside(root: Path, listed: str, where: str) -> Path:
    r"""`root / listed`, where `listed` is a path from a list.

    Only the text is looked at, not the disk (but where it has a `\`), so that a million lines cost a second; links below `root`
    are the owner's own.

    Args:
        root: the folder that the list's paths start from.
        listed: as the list has it, with `/` or `\`.
        where: list and line, for the message: `ROOT/val.csv, line 7`.

    Raises:
        DatasetError: the path is absolute, goes up with `..`, or holds a zero byte.
    """
    if _ROOTED.match(listed) or "\0" in listed or ".." in re.split(r"[/\\]", listed):
        raise DatasetError(
            f"data: {where}: {listed!r} leads out of {root}. A list may only name files below that folder, "
            "without '..' and not from '/'. Correct the line, or take the list as its publisher gives it."
        )
    return listed_path(root, listed)
