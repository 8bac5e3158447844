"""Names taken out of a label file, and one name called otherwise; all else in the file stays byte by byte."""

import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.labels.adding import checked_names, plain_name
from pipeline.labels.errors import LabelError
from pipeline.labels.label_set import load_labels
from stores.commit import replace_bytes
from stores.lock import held

Line = Callable[[str], str | None]
"""A class name as the file has it, plain -> what its line says from now on; None takes the line out."""


def remove_labels(file: Path, names: Sequence[str]) -> list[str]:
    """Take class names out of a label file; all of them or none.

    Returns:
        the names as they stood there, plain.

    Raises:
        LabelError: naming every name that is no class, or no class would be left.
    """
    file, gone = file.resolve(), list(dict.fromkeys(map(plain_name, names)))
    with _held(file):
        there = load_labels(str(file))
        if unknown := [name for name in gone if name not in there]:
            raise LabelError(
                f"classes remove: nothing was removed, for {file} does not have {_quoted(unknown)}. "
                f"It has {_quoted(there[:10])}{' and more' if len(there) > 10 else ''}"
            )
        if len(gone) == len(there):
            raise LabelError(
                f"classes remove: nothing was removed, for no class would be left in {file}. Keep one of them"
            )
        _rewrite(file, lambda name: None if name in gone else name)
    return gone


def check_rename(file: Path, old: str, new: str, *, near: bool = False) -> tuple[str, str]:
    """Both names, plain, if the first is a class and the second can be one.

    A rename that is repeated because it was killed after the file had been written is one that is done: the first is no class any
    more, the second is.

    Raises:
        LabelError: saying why not.
    """
    there, old, new = load_labels(str(file)), plain_name(old), plain_name(new)
    if old not in there and new in there:
        return old, new
    if old not in there:
        raise LabelError(f"classes rename: {old!r} is no class of {file}. It has {_quoted(there[:10])}")
    (new,) = checked_names([new], [name for name in there if name != old], near, "classes rename: nothing was renamed")
    if new == old:
        raise LabelError(f"classes rename: {old!r} is its name already. Give another one")
    return old, new


def rename_label(file: Path, old: str, new: str) -> None:
    """Write another name in the place of a class's; nothing where that was done before. Both are plain, see `check_rename`."""
    file = file.resolve()
    with _held(file):
        if old in load_labels(str(file)):
            _rewrite(file, lambda name: new if name == old else name)


def _held(file: Path):  # type: ignore[no-untyped-def]  # a context manager of stores
    return held(file.with_name(f".{file.name}.lock"), f"label file {file}", timeout_s=60)


def _rewrite(file: Path, say: Line) -> None:
    content, mode = file.read_bytes(), stat.S_IMODE(file.stat().st_mode)
    lines = []
    for line in content.decode("utf-8").splitlines(keepends=True):
        bare = line.removeprefix("\ufeff")
        name = "" if bare.startswith("#") else plain_name(bare.strip())
        said = say(name) if name else name
        if said is None:
            lines.append("\ufeff" if line != bare else "")  # the mark of byte order stays
        else:
            lines.append(line if said == name else line.replace(bare.strip(), said))
    replace_bytes(file, "".join(lines).encode("utf-8"), mode)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
