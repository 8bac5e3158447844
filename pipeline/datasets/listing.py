"""Names in folders, sorted, without what file managers leave there."""

import os
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.walk import is_folder, listed, lost_links
from pipeline.media.formats import EXTENSIONS


def folders(root: Path) -> list[Path]:
    """The visible sub-folders, sorted.

    Raises:
        DatasetError: the folder may not be read, or a link in it leads nowhere, which may be a class.
    """
    found = [root / entry.name for entry in listed(root) if not entry.name.startswith(".") and is_folder(entry)]
    for lost in lost_links(root):
        raise DatasetError(f"data: {lost} leads nowhere: it is a link to {os.readlink(lost)}. Mend it, or remove it")
    return found


def media_files(folder: Path, modality: str) -> list[Path]:
    """The visible files with an extension of the modality, sorted.

    Raises:
        DatasetError: the folder may not be read.
    """
    suffixes = EXTENSIONS[modality]
    names = (entry.name for entry in listed(folder) if os.path.splitext(entry.name)[1].lower() in suffixes)
    return [folder / name for name in names if not name.startswith(".")]


def names_below(root: Path) -> set[str]:
    """`name` and `folder/name` of everything in a folder and in its visible sub-folders, with `/` on every system.

    Raises:
        DatasetError: a folder may not be read.
    """
    found = {entry.name for entry in listed(root)}
    for folder in folders(root):
        found.update(f"{folder.name}/{entry.name}" for entry in listed(folder))
    return found
