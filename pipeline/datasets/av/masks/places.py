"""Names of a list as parts of paths, and folders that no row names."""

from collections.abc import Collection, Iterator
from pathlib import Path

from pipeline.datasets.walk import is_folder, listed


def inside(name: str) -> str:
    """What is wrong with a name that stands for one folder: the row is rejected, and the other rows go on."""
    if not name or name in {".", ".."} or any(sign in name for sign in "/\\\0"):
        return f"the name {name!r} is none of a folder"
    return ""


def unnamed(root: Path, known: Collection[str], depth: int) -> tuple[str, ...]:
    """Folders so many levels below a root that no row names, by their paths below it, sorted."""
    return tuple(name for name in _below(root, "", depth) if name not in known)


def _below(folder: Path, place: str, depth: int) -> Iterator[str]:
    for entry in listed(folder):
        if entry.name.startswith(".") or not is_folder(entry):
            continue
        if depth == 1:
            yield f"{place}{entry.name}"
        else:
            yield from _below(Path(entry.path), f"{place}{entry.name}/", depth - 1)
