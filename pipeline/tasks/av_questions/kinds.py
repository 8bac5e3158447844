"""Which questions figures are of: all of them, each modality, each kind; free of torch."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.datasets.av.questions import Kind, kind_name

ALL = "all questions"
"""The first figure, by which methods are compared."""


@dataclass(frozen=True)
class Group:
    """Questions that a figure is of.

    Attributes:
        name: of the figure.
        kinds: numbers of their kinds.
        whole: whether it is all questions, or a modality of several types; else it is one kind.
    """

    name: str
    kinds: tuple[int, ...]
    whole: bool = False


def groups_of(kinds: Sequence[Kind]) -> tuple[Group, ...]:
    """All questions, then every modality with its kinds behind it; what would be the same questions again is left out.

    Args:
        kinds: those of one modality stand together.
    """
    found = [Group(ALL, tuple(range(len(kinds))), whole=True)]
    for modality in dict.fromkeys(modality for modality, _ in kinds):
        own = tuple(number for number, kind in enumerate(kinds) if kind[0] == modality)
        if modality and 1 < len(own) < len(kinds):
            found.append(Group(modality, own, whole=True))
        found += [Group(kind_name(kinds[number]) or "others", (number,)) for number in own] if len(kinds) > 1 else []
    return tuple(found)


def wholes_of(groups: Sequence[Group]) -> list[str]:
    """Names of the modalities: those that are whole, and such of one kind."""
    several = [group.name for group in groups if group.whole and group.name != ALL]
    within = {number for group in groups if group.name in several for number in group.kinds}
    return [
        group.name for group in groups if group.name in several or not (set(group.kinds) & within) and group.name != ALL
    ]
