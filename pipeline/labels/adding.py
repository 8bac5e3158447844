"""New class names at the end of a label file: refused when they are there already, appended atomically when they are not."""

import stat
from collections.abc import Sequence
from pathlib import Path

from pipeline.labels.errors import LabelError
from pipeline.labels.label_set import load_labels
from pipeline.labels.names import composed, fold
from pipeline.labels.near import NearNames
from stores.commit import replace_bytes
from stores.lock import held

_LONGEST = 200


def add_labels(file: Path, names: Sequence[str], *, near: bool = False) -> list[str]:
    """Append class names to a label file; all of them or none.

    What is in the file stays byte by byte, comments too. Two programs that add at once take turns. Names that are the very last
    of the file already, all of them in this order, are a command that is repeated because the first one was killed after
    it had added them: nothing is left to do, and nothing is wrong.

    Args:
        file: one class name a line.
        names: the new ones.
        near: also take names that look like one that is there.

    Returns:
        the names as they were written.

    Raises:
        LabelError: naming every name that cannot be added, and why.
    """
    file = file.resolve()  # a link stays a link: what it leads to is replaced
    with held(file.with_name(f".{file.name}.lock"), f"label file {file}", timeout_s=60):
        there = load_labels(str(file))
        if repeated := _repeated(names, there):
            return repeated
        new = checked_names(names, there, near)
        content, mode = file.read_bytes(), stat.S_IMODE(file.stat().st_mode)
        end = b"\r\n" if b"\r\n" in content else b"\n"
        gap = b"" if not content or content.endswith(b"\n") else end
        replace_bytes(file, content + gap + b"".join(name.encode() + end for name in new), mode)
    return new


def _repeated(names: Sequence[str], there: Sequence[str]) -> list[str]:
    """The names as they were written, if they are those that were added last; otherwise none."""
    plain = [plain_name(name) for name in names]
    return plain if plain and list(there[-len(plain) :]) == plain and len(there) > len(plain) else []


def checked_names(
    names: Sequence[str], there: Sequence[str], near: bool, told: str = "classes add: nothing was added"
) -> list[str]:
    """Names as they are written down, if all of them can be classes beside those that are there.

    Args:
        names: new ones.
        there: classes.
        near: also take names that look like one that is there.
        told: what a refusal begins with.

    Raises:
        LabelError: naming every name that cannot be one, and why.
    """
    new: list[str] = []
    problems: list[str] = []
    taken = _Taken(there)
    for name in (plain_name(name) for name in names):
        problem = _problem(name, taken, near)
        if problem:
            problems.append(f"{name!r}: {problem}")
        else:
            new.append(name)
            taken.add(name)
    if problems:
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise LabelError(f"{told}, {len(problems)} of {len(names)} names cannot be\n{lines}")
    return new


class _Taken:
    """Names that are classes, looked up by what makes two names one."""

    def __init__(self, names: Sequence[str]) -> None:
        self.exact: set[str] = set()
        self.folded: dict[str, str] = {}
        self.near = NearNames()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        self.exact.add(name)
        self.folded.setdefault(fold(name), name)
        self.near.add(name)


def _problem(name: str, taken: _Taken, near: bool) -> str | None:
    if not name:
        return "an empty name; give a class name in quotation marks"
    if name.startswith("#"):
        return "a line that begins with # is a comment in a label file; choose another name"
    if not name.isprintable() or len(name) > _LONGEST:
        return f"a class name is printable text of at most {_LONGEST} characters"
    if name in taken.exact:
        return "is a class already"
    same = taken.folded.get(fold(name))
    if same is not None:
        return f"is {same!r} but for letter case, -, _ and blanks, or letters that nobody sees; call it otherwise"
    close = None if near else taken.near.nearest(name)
    return f"is near {close!r}, which is a class already; give --near if it is another one" if close else None


def plain_name(name: str) -> str:
    """The name as a label file holds it: underscores and runs of spaces are single spaces."""
    return " ".join(part for part in composed(name).replace("_", " ").split(" ") if part)
