"""Names in folders, sorted, without what file managers leave there."""

import os
from pathlib import Path

from pipeline.media.formats import EXTENSIONS


def folders(root: Path) -> list[Path]:
    """The visible sub-folders, sorted."""
    with os.scandir(root) as entries:
        names = sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
    return [root / name for name in names]


def media_files(folder: Path, modality: str) -> list[Path]:
    """The visible files with an extension of the modality, sorted."""
    suffixes = EXTENSIONS[modality]
    names = sorted(name for name in os.listdir(folder) if os.path.splitext(name)[1].lower() in suffixes)
    return [folder / name for name in names if not name.startswith(".")]


def names_below(root: Path) -> set[str]:
    """`name` and `folder/name` of everything in a folder and in its visible sub-folders, with `/` on every system."""
    found = set(os.listdir(root))
    for folder in folders(root):
        found.update(f"{folder.name}/{name}" for name in os.listdir(folder))
    return found
