"""Label sets: ordered lists of class names, one a line."""

from collections.abc import Sequence
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from pipeline.labels.errors import LabelError
from pipeline.labels.names import composed, folded_together, repeated
from pipeline.printable import printable
from stores.reading import reading

_MOST_BYTES = 64 << 20
_SETS = files("pipeline.labels") / "sets"


def shipped_label_sets() -> list[str]:
    """Names of the label sets that ship with the package, sorted."""
    return sorted(entry.name.removesuffix(".txt") for entry in _SETS.iterdir() if entry.name.endswith(".txt"))


def load_labels(source: str | Sequence[str], base: Path | None = None) -> list[str]:
    """Class names from a list, a shipped set's name, or the path of a text file (one name a line).

    Args:
        source: what the recipe says.
        base: folder that a relative path starts from (the recipe's folder).

    Raises:
        LabelError: unknown set or file, no name at all, a name twice, or in a file of one's own two names that only letter case,
            `-` and `_`, or invisible letters tell apart.
    """
    if not isinstance(source, str):
        return _checked(list(source), "the list in the recipe")
    if source in shipped_label_sets():
        return _checked(_lines((_SETS / f"{source}.txt").read_text("utf-8")), f"label set '{source}'")
    path = (base or Path()) / source
    if path.is_file():
        return _distinct(_checked(_lines(_text(path)), str(path)), str(path))
    found = "is none" if path.exists() else "does not exist"
    close = get_close_matches(source, shipped_label_sets(), n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    raise LabelError(
        f"labels: '{source}' is neither a shipped label set nor a file ({path} {found}).{hint} "
        f"Shipped sets: {', '.join(shipped_label_sets())}. Or give a list: labels: [cat, dog]"
    )


def _text(path: Path) -> str:
    with reading(path), path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise LabelError(
            f"labels: {path} is longer than {_MOST_BYTES:,} bytes, which no list of class names is. Give a text file with one "
            "class name a line"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelError(
            f"labels: {path} is not a UTF-8 text file (byte {error.start} cannot be read). "
            f"Give a text file with one class name a line; convert with: iconv -t utf-8 {path.name}"
        ) from error


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _checked(names: list[str], where: str) -> list[str]:
    written = list(map(str, names))
    names = [" ".join(composed(name).replace("_", " ").split()) for name in written]
    if not names or "" in names:
        raise LabelError(
            f"labels: {where} holds {'an empty name' if names else 'no class name'}. Write one name a line."
        )
    unwritten = next((name for name in names if not _is_text(name)), None)
    if unwritten is not None:
        raise LabelError(
            f"labels: {where} holds {unwritten!r}, which is no Unicode text: a folder of that name was made in another encoding, "
            "most often. Rename the folder (for example: convmv -f latin1 -t utf8 -r --notest DIR), and write the name so."
        )
    unprintable = next((name for name in names if printable(name) != name), None)
    if unprintable is not None:
        raise LabelError(
            f"labels: {where} holds {unprintable!r}, with characters that steer a terminal and show nothing. Write the name "
            "without them."
        )
    twice = repeated(names)
    if twice:
        raise LabelError(
            f"labels: {where} names {', '.join(map(repr, twice[:5]))} more than once{_spelled(twice[0], names, written)}. "
            "Name each class once."
        )
    return names


def _is_text(name: str) -> bool:
    """Whether it can be written down: bytes of a file's name that are no UTF-8 are half letters in Python."""
    return not any("\ud800" <= sign <= "\udfff" for sign in name)


def _spelled(name: str, names: list[str], written: list[str]) -> str:
    """How a name is written where that differs: with an underscore, with a blank of another kind."""
    ways = dict.fromkeys(raw.strip() for raw, same in zip(written, names, strict=True) if same == name)
    return f" ({' and '.join(map(repr, ways))})" if len(ways) > 1 else ""


def _distinct(names: list[str], where: str) -> list[str]:
    """The names, if nobody can take one for another.

    A shipped set keeps its twins (`bread` and `Bread` of Objects365), because its data set spells them so; and so does a list
    in a recipe, where somebody has written them one beside the other. They are matched exactly.
    """
    pairs = folded_together(names)
    if pairs:
        told = "; ".join(f"{first!r} and {second!r}" for first, second in pairs[:5])
        more = f" and {len(pairs) - 5} pairs more" if len(pairs) > 5 else ""
        raise LabelError(
            f"labels: {where} holds names that differ only by letter case, by -, _ and blanks, or by letters that nobody sees: "
            f"{told}{more}. Folders and tables could not be told apart by them. Keep one of each, or call one of them otherwise."
        )
    return names
