"""ImageFolder, AudioFolder, VideoFolder: `root/<class name>/…/file`, or a flat folder of files named for their class."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.walk import files_below, files_in, is_folder, listed, lost_links

EXTENSIONS = {
    "image": {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm"},
    "audio": {".wav", ".flac", ".mp3", ".ogg", ".m4a", ".aac", ".opus", ".wma", ".aiff"},
    "video": {".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v", ".mpg", ".mpeg", ".flv", ".wmv"},
    "text": {".txt", ".md"},
}
_WORDNET_ID = re.compile(r"^n\d{8}[_-]")
_COUNTER = re.compile(r"[ _-]*\(?\d+\)?$")


def read_folder(root: Path, modality: str, labels: Sequence[str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(file, labels) of every file below `root`, in sorted order.

    With sub-folders, a file's class is the name of its first sub-folder, and every visible file in it counts: what turns
    out not to be readable becomes a rejected row, not a silence. Without sub-folders only files with an extension of the
    modality count, and a file named for a class (`n01498041_stingray.JPEG`, `stingray-02.png`) carries that label.

    Raises:
        DatasetError: no such folder, nothing in it, no sub-folder that is named for a class, or one that may not be read.
    """
    classes = class_folders(root)
    known = {_plain(label): label for label in labels}
    _require_found(root, known)
    if not classes:
        yield from ((path, _label_of(path, known)) for path in flat_files(root, modality))
        return
    if not any(_plain(folder.name) in known for folder in classes):
        raise DatasetError(
            f"data: none of the {len(classes)} sub-folders of {root} is named for a class. "
            f"Found: {_some(folder.name for folder in classes)}. Classes: {_some(labels)}. "
            f"Rename the folders, or list their names under 'labels'."
        )
    for folder in classes:
        label = known.get(_plain(folder.name))
        if label is not None:
            yield from ((path, (label,)) for path in files_below(folder) if _is_row(path, folder))


def class_folders(root: Path) -> list[Path]:
    """The visible sub-folders of `root`, sorted.

    Raises:
        DatasetError: no such folder.
    """
    if not root.is_dir():
        found = "is a file" if root.exists() else "does not exist"
        raise DatasetError(f"data: {root} {found}. Give a folder: data: {{layout: folder, root: DIR}}")
    return [root / entry.name for entry in listed(root) if is_folder(entry) and not entry.name.startswith(".")]


def unknown_folders(root: Path, labels: Sequence[str]) -> dict[str, int]:
    """Name -> files of the sub-folders that are named for no class; their files are not read."""
    known = {_plain(label) for label in labels}
    strange = (folder for folder in class_folders(root) if _plain(folder.name) not in known)
    return {folder.name: _count(folder) for folder in strange}


def flat_files(root: Path, modality: str) -> list[Path]:
    """The files of a flat folder that carry an extension of the modality, sorted.

    Raises:
        DatasetError: there is none.
    """
    paths = [p for p in files_in(root) if _is_row(p, root) and p.suffix.lower() in EXTENSIONS[modality]]
    if not paths:
        kinds = ", ".join(sorted(EXTENSIONS[modality]))
        raise DatasetError(
            f"data: {root} holds neither sub-folders named for classes nor {modality} files ({kinds}). "
            f"Found: {_some(entry.name for entry in listed(root))}. Expected: {root.name}/<class name>/<file>"
        )
    return paths


def class_name(path: Path) -> str:
    """The class that a file's name tells: `n01498041_stingray.JPEG` -> `stingray`, `cat-02.png` -> `cat`."""
    name = _COUNTER.sub("", _WORDNET_ID.sub("", path.stem))
    return " ".join(name.replace("_", " ").split())


def _label_of(path: Path, known: dict[str, str]) -> tuple[str, ...]:
    label = known.get(_plain(class_name(path)))
    return (label,) if label is not None else ()


def _is_row(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.name != "Thumbs.db"


def _count(folder: Path) -> int:
    """Files of a folder that is no class; one that may not be read (`lost+found`) is nobody's loss."""
    try:
        return sum(_is_row(path, folder) for path in files_below(folder))
    except DatasetError:
        return 0


def _require_found(root: Path, known: dict[str, str]) -> None:
    lost = next((link for link in lost_links(root) if _plain(link.name) in known), None)
    if lost is not None:
        raise DatasetError(
            f"data: {lost} is named for the class '{known[_plain(lost.name)]}' and leads nowhere: it is a link to "
            f"{os.readlink(lost)}. Mend the link, or remove it and run without that class"
        )


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[_-]+", " ", name).lower().split())


def _some(names: Sequence[str] | Iterator[str], limit: int = 6) -> str:
    names = list(names)
    return ", ".join(names[:limit]) + (f", … ({len(names)} in all)" if len(names) > limit else "") or "nothing"
