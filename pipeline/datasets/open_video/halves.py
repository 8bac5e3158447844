"""Which classes are base and which novel: as lists say, or a seeded half."""

from collections.abc import Sequence
from hashlib import sha256

from pipeline.datasets.errors import DatasetError
from pipeline.labels import load_labels
from pipeline.recipe.video_data import Halves, Names


def halves_of(config: Halves, names: Sequence[str], draw: int | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Base and novel names, both in the order of all names.

    Where nothing is named, base is the half whose hashes, of the draw and the name, are smallest; it has one more of an odd
    number. So a draw does not depend on the order of the list.

    Args:
        config: what the recipe says.
        names: all classes.
        draw: which half, where the recipe names several; None is its first.

    Raises:
        DatasetError: a name is no class, is in both lists, or a half is empty.
    """
    base, novel = (_listed(part, said, names) for part, said in (("base", config.base), ("novel", config.novel)))
    if base is None and novel is None:
        base = set(drawn_names(names, config.draws[0] if draw is None else draw, -(-len(names) // 2)))
    if base is None:
        assert novel is not None
        base = set(names) - novel
    if novel is None:
        novel = set(names) - base
    if both := sorted(base & novel):
        raise DatasetError(
            f"videos: {_shown(both)}: in base and in novel. A class is learned, or it is not; name it in one of them"
        )
    for part, found in (("base", base), ("novel", novel)):
        if not found:
            raise DatasetError(
                f"videos: {part} has no class; there are {len(names)}. Name some of them in each of base and novel"
            )
    return tuple(name for name in names if name in base), tuple(name for name in names if name in novel)


def drawn_names(names: Sequence[str], draw: int, count: int) -> list[str]:
    """So many names, those with the smallest hashes of the draw and the name."""
    return sorted(names, key=lambda name: sha256(f"half {draw} {name}".encode()).hexdigest())[:count]


def _listed(part: str, said: Names | None, names: Sequence[str]) -> set[str] | None:
    if said is None:
        return None
    found = load_labels(said if isinstance(said, str) else list(said))
    if unknown := [name for name in found if name not in set(names)]:
        raise DatasetError(
            f"videos: {part}: no class of the data set: {_shown(unknown)}. Its {len(names)} classes are {_shown(names)}; "
            "spell names as they are spelled there"
        )
    return set(found)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:5])) + (", …" if len(names) > 5 else "")
