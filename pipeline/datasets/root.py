"""A wrong root is told with the tree that was expected and the one that is there."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.layout import Layout

_SHOWN, _SHOWN_INSIDE, _LOOKED_AT = 8, 3, 2000


def require(layout: Layout, root: Path, *alternatives: str) -> Path:
    """The first of the alternatives that is there.

    Args:
        layout: whose tree is expected.
        root: the root that the recipe names.
        alternatives: paths below `root`, the publisher's own first.

    Raises:
        DatasetError: none is there; it shows both trees, and the folder that was probably meant.
    """
    for relative in alternatives:
        if _is_there(root / relative):
            return root / relative
    if not root.is_dir():
        lack = f"{root} is a file, not a folder" if root.exists() else f"there is no folder {root}"
        raise DatasetError(f"data: {lack}.\n{_expected(layout)}\nDownload: {layout.download}")
    hint = next((f"\nDid you mean root: {near}?" for near in _near(root) if _holds(near, alternatives)), "")
    raise DatasetError(
        f"data: {root} does not hold {layout.title} as 'layout: {layout.name}' expects it: "
        f"it lacks {' and '.join(alternatives[:1])}.\n{_expected(layout)}\nFound:\n{_tree(root)}{hint}"
    )


def _expected(layout: Layout) -> str:
    return "Expected:\n" + "\n".join(f"  {line}" for line in layout.tree.splitlines())


def _holds(folder: Path, alternatives: tuple[str, ...]) -> bool:
    return any(_is_there(folder / relative) for relative in alternatives)


def _is_there(path: Path) -> bool:
    """Lists have an ending, folders have none: an archive that was never unpacked, and lost its ending, is no folder."""
    return path.is_file() if path.suffix else path.is_dir()


def _near(root: Path) -> Iterator[Path]:
    """The folders that people confuse with the root: the one above, and those one or two below."""
    yield root.absolute().parent
    below = [path for path in _entries(root) if path.is_dir()]
    yield from below
    for folder in below[:50]:
        yield from (path for path in _entries(folder)[:50] if path.is_dir())


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(islice(folder.iterdir(), _LOOKED_AT))  # a folder of a million images is not listed for a message
    except OSError:
        return []


def _tree(root: Path) -> str:
    lines = [f"  {root.name or root}/"]
    entries = _entries(root)
    for entry in entries[:_SHOWN]:
        lines.append(f"    {entry.name}/" if entry.is_dir() else f"    {entry.name}")
        inside = _entries(entry) if entry.is_dir() else []
        lines += [f"      {path.name}{'/' if path.is_dir() else ''}" for path in inside[:_SHOWN_INSIDE]]
        lines += ["      …"] if len(inside) > _SHOWN_INSIDE else []
    lines += ["    …"] if len(entries) > _SHOWN else []
    return "\n".join(lines if entries else [*lines, "    (nothing)"])
