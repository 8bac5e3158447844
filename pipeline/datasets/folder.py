"""ImageFolder, AudioFolder, VideoFolder: `root/<class name>/…/file`, or a flat folder of files named for their class."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipeline.datasets.aside import Tally
from pipeline.datasets.class_names import ClassNames
from pipeline.datasets.companions import left_by_systems, sorted_out
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.walk import files_below, files_in, is_folder, listed, lost_links
from pipeline.labels.names import composed
from pipeline.media.formats import ALSO, EXTENSIONS, usual

_WORDNET_ID = re.compile(r"^n\d{8}[_-]")
_COUNTER = re.compile(r"[ _-]*\(?\d+\)?$")


def read_folder(
    root: Path, modality: str, labels: Sequence[str], tally: Tally | None = None
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(file, labels) of every file below `root`, in sorted order.

    With sub-folders, a file's class is the name of its first sub-folder. Without sub-folders a file named for a class
    (`n01498041_stingray.JPEG`, `stingray-02.png`) carries that label. Media of the modality are taken, also those that turn out
    not to be readable, which become rejected rows; what lies beside them is counted in `tally` (`companions.py`).

    Raises:
        DatasetError: no such folder, nothing in it, no sub-folder that is named for a class, one that may be two classes, two
            that are one, or one that may not be read.
    """
    classes, names = class_folders(root), ClassNames(labels, loose=False, where=str(root))
    tally = Tally() if tally is None else tally
    _require_found(root, names)
    if not classes:
        yield from ((path, _label_of(path, names)) for path in flat_files(root, modality, tally))
        return
    found = {folder: names.label(folder.name) for folder in classes}
    if not any(label is not None for label in found.values()):
        raise DatasetError(
            f"data: none of the {len(classes)} sub-folders of {root} is named for a class. "
            f"Found: {_some(folder.name for folder in classes)}. Classes: {_some(labels)}. "
            f"Rename the folders, or list their names under 'labels'."
        )
    _require_one_each(root, found)
    for entry in listed(root):
        if left_by_systems(entry.name) and is_folder(entry):
            tally.add("passed over", "folder left by systems", entry.path)
    for folder, label in found.items():
        if label is not None:
            yield from ((path, (label,)) for path in _media(files_below(folder), folder, modality, tally))
    for _ in _media(files_in(root), root, modality, tally, outside="beside the folders of the classes"):
        pass


def class_folders(root: Path) -> list[Path]:
    """The visible sub-folders of `root`, sorted; without those that systems leave, whose names would become classes.

    Raises:
        DatasetError: no such folder.
    """
    if not root.is_dir():
        found = "is a file" if root.exists() else "does not exist"
        raise DatasetError(f"data: {root} {found}. Give a folder: data: {{layout: folder, root: DIR}}")
    return [
        root / entry.name
        for entry in listed(root)
        if is_folder(entry) and not entry.name.startswith(".") and not left_by_systems(entry.name)
    ]


def unknown_folders(root: Path, labels: Sequence[str]) -> dict[str, int]:
    """Name -> files of the sub-folders that are named for no class; their files are not read."""
    names = ClassNames(labels, loose=False, where=str(root))
    strange = (folder for folder in class_folders(root) if names.label(folder.name) is None)
    return {folder.name: _count(folder) for folder in strange}


def flat_files(root: Path, modality: str, tally: Tally | None = None) -> list[Path]:
    """The media of a flat folder, sorted; a video counts as a sound where no sound of the same name lies beside it.

    Raises:
        DatasetError: there is none.
    """
    tally = Tally() if tally is None else tally
    found = list(_media(files_in(root), root, modality, tally))
    own = {path.stem for path in found if path.suffix.lower() in EXTENSIONS[modality]}
    paths = []
    for path in found:
        if path.suffix.lower() in ALSO[modality] and path.stem in own:
            tally.add("passed over", f"{path.suffix.lower()} beside {modality} of the same name", str(path))
        else:
            paths.append(path)
    if not paths:
        kinds = f"{', '.join(usual(modality))}; docs/formats.md has all"
        raise DatasetError(
            f"data: {root} holds neither sub-folders named for classes nor {modality} files ({kinds}). "
            f"Found: {_some(entry.name for entry in listed(root))}. Expected: {root.name}/<class name>/<file>"
        )
    return paths


def class_name(path: Path) -> str:
    """The class that a file's name tells: `n01498041_stingray.JPEG` -> `stingray`, `cat-02.png` -> `cat`."""
    name = _COUNTER.sub("", _WORDNET_ID.sub("", path.stem))
    return " ".join(name.replace("_", " ").split())


def _label_of(path: Path, names: ClassNames) -> tuple[str, ...]:
    label = names.label(class_name(path))
    return (label,) if label is not None else ()


def _media(
    paths: Iterator[Path] | Sequence[Path], folder: Path, modality: str, tally: Tally, outside: str = ""
) -> Iterator[Path]:
    """The files that are of the modality; the others are counted, and all of them where media are not read at all."""
    for path in paths:
        aside = sorted_out(path, modality, str(path.relative_to(folder)))
        if aside is None and not outside:
            yield path
        elif aside is None:
            tally.add("strange", outside, str(path))
        else:
            tally.add(*aside, str(path))


def _count(folder: Path) -> int:
    """Files of a folder that is no class; one that may not be read (`lost+found`) is nobody's loss."""
    try:
        hidden = (any(part.startswith(".") for part in path.relative_to(folder).parts) for path in files_below(folder))
        return sum(not each for each in hidden)
    except DatasetError:
        return 0


def _require_found(root: Path, names: ClassNames) -> None:
    lost = next((link for link in lost_links(root) if names.label(link.name) is not None), None)
    if lost is not None:
        raise DatasetError(
            f"data: {lost} is named for the class '{names.label(lost.name)}' and leads nowhere: it is a link to "
            f"{os.readlink(lost)}. Mend the link, or remove it and run without that class"
        )


def _require_one_each(root: Path, found: Mapping[Path, str | None]) -> None:
    """Two folders side by side that fold onto one class were told apart by somebody: one of them may be a class of its own."""
    first: dict[str, str] = {}
    for folder, label in found.items():
        other = first.setdefault(label, folder.name) if label is not None else folder.name
        if _plain(other) != _plain(folder.name):
            raise DatasetError(
                f"data: {root} has the folders {other!r} and {folder.name!r}, and both are the class {label!r} but for letter "
                "case, -, _ and blanks, or letters that nobody sees. Put their files into one of them, or list both names in the "
                "recipe: labels: […]"
            )


def _plain(name: str) -> str:
    """As a label is written."""
    return " ".join(composed(name).replace("_", " ").split())


def _some(names: Sequence[str] | Iterator[str], limit: int = 6) -> str:
    names = list(names)
    return ", ".join(names[:limit]) + (f", … ({len(names)} in all)" if len(names) > limit else "") or "nothing"
