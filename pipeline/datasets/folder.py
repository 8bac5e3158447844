"""ImageFolder, AudioFolder, VideoFolder: `root/<class name>/…/file`, or a flat folder of files named for their class."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.class_names import ClassNames
from pipeline.datasets.errors import DatasetError
from pipeline.media.formats import EXTENSIONS

_WORDNET_ID = re.compile(r"^n\d{8}[_-]")
_COUNTER = re.compile(r"[ _-]*\(?\d+\)?$")


def read_folder(root: Path, modality: str, labels: Sequence[str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(file, labels) of every file below `root`, in sorted order.

    With sub-folders, a file's class is the name of its first sub-folder, and every visible file in it counts: what turns
    out not to be readable becomes a rejected row, not a silence. Without sub-folders only files with an extension of the
    modality count, and a file named for a class (`n01498041_stingray.JPEG`, `stingray-02.png`) carries that label.

    Raises:
        DatasetError: no such folder, nothing in it, no sub-folder that is named for a class, or one that may be two classes.
    """
    classes, names = class_folders(root), ClassNames(labels, loose=False)
    if not classes:
        yield from ((path, _label_of(path, names)) for path in flat_files(root, modality))
        return
    found = {folder: names.label(folder.name) for folder in classes}
    if not any(label is not None for label in found.values()):
        raise DatasetError(
            f"data: none of the {len(classes)} sub-folders of {root} is named for a class. "
            f"Found: {_some(folder.name for folder in classes)}. Classes: {_some(labels)}. "
            f"Rename the folders, or list their names under 'labels'."
        )
    for folder, label in found.items():
        if label is not None:
            yield from ((path, (label,)) for path in sorted(folder.rglob("*")) if _is_row(path, folder))


def class_folders(root: Path) -> list[Path]:
    """The visible sub-folders of `root`, sorted.

    Raises:
        DatasetError: no such folder.
    """
    if not root.is_dir():
        found = "is a file" if root.exists() else "does not exist"
        raise DatasetError(f"data: {root} {found}. Give a folder: data: {{layout: folder, root: DIR}}")
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def unknown_folders(root: Path, labels: Sequence[str]) -> dict[str, int]:
    """Name -> files of the sub-folders that are named for no class; their files are not read."""
    names = ClassNames(labels, loose=False)
    strange = (folder for folder in class_folders(root) if names.label(folder.name) is None)
    return {folder.name: sum(_is_row(path, folder) for path in folder.rglob("*")) for folder in strange}


def flat_files(root: Path, modality: str) -> list[Path]:
    """The files of a flat folder that carry an extension of the modality, sorted.

    Raises:
        DatasetError: there is none.
    """
    paths = sorted(p for p in root.iterdir() if _is_row(p, root) and p.suffix.lower() in EXTENSIONS[modality])
    if not paths:
        kinds = ", ".join(sorted(EXTENSIONS[modality]))
        raise DatasetError(
            f"data: {root} holds neither sub-folders named for classes nor {modality} files ({kinds}). "
            f"Found: {_some(p.name for p in sorted(root.iterdir()))}. Expected: {root.name}/<class name>/<file>"
        )
    return paths


def class_name(path: Path) -> str:
    """The class that a file's name tells: `n01498041_stingray.JPEG` -> `stingray`, `cat-02.png` -> `cat`."""
    name = _COUNTER.sub("", _WORDNET_ID.sub("", path.stem))
    return " ".join(name.replace("_", " ").split())


def _label_of(path: Path, names: ClassNames) -> tuple[str, ...]:
    label = names.label(class_name(path))
    return (label,) if label is not None else ()


def _is_row(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.name != "Thumbs.db" and not path.is_dir()


def _some(names: Sequence[str] | Iterator[str], limit: int = 6) -> str:
    names = list(names)
    return ", ".join(names[:limit]) + (f", … ({len(names)} in all)" if len(names) > limit else "") or "nothing"
