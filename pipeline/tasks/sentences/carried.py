"""Rows of an earlier checkpoint under the names that classes have today: those of classes that left are dropped."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from pipeline.labels import Column

ROWS = "pools.vectors."
"""What the names of tensors with one row for each column begin with."""
CARRIED = "carried"
"""How a checkpoint was made whose rows are all of an earlier one."""


@dataclass(frozen=True)
class Kept:
    """The rows of an earlier checkpoint that a recipe still wants.

    Attributes:
        rows: numbers of these rows there.
        columns: what they are called today.
        renamed: [modality, old, new] of those that were called otherwise.
        dropped: how many rows are wanted no more.
    """

    rows: tuple[int, ...]
    columns: tuple[Column, ...]
    renamed: tuple[tuple[str, str, str], ...]
    dropped: int

    @property
    def changed(self) -> bool:
        """Whether the earlier checkpoint has other columns than these."""
        return bool(self.renamed) or self.dropped > 0

    def ordered(self, columns: Sequence[Column]) -> "Kept":
        """The same in the order of some of its columns."""
        row = dict(zip(self.columns, self.rows, strict=True))
        return replace(self, rows=tuple(row[column] for column in columns), columns=tuple(columns))

    def tensors(self, found: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """An earlier checkpoint's tensors with these rows only."""
        return {name: value[list(self.rows)] if name.startswith(ROWS) else value for name, value in found.items()}


def kept(base: Sequence[Column], wanted: Sequence[Column], renamed: Sequence[Sequence[str]]) -> Kept:
    """Which rows of a checkpoint are wanted still.

    Args:
        base: its columns.
        wanted: those of the recipe.
        renamed: [modality, old, new], in the order in which classes were renamed.
    """
    known = set(wanted)
    taken = set(base) & known
    today = [column if column in known else _today(column, renamed, known - taken) for column in base]
    rows = [
        i
        for i, (was, now) in enumerate(zip(base, today, strict=True))
        if now in known and (was == now or now not in taken)
    ]
    told = tuple((base[i].modality, base[i].label, today[i].label) for i in rows if base[i] != today[i])
    return Kept(tuple(rows), tuple(today[i] for i in rows), told, len(base) - len(rows))


def _today(column: Column, renamed: Sequence[Sequence[str]], free: AbstractSet[Column]) -> Column:
    """What a column is called today: the first name of those that are free to which it leads; itself where none is.

    A name may have been given up and come back since, and been renamed again, so each time that it was renamed is a beginning.
    """
    for start in range(len(renamed)):
        found = column
        for modality, old, new in renamed[start:]:
            if found == Column(modality, old):
                found = Column(modality, new)
        if found in free:
            return found
    return column
