"""Kinds of questions, as tables go through them: all of them, each modality, each kind; free of torch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ALL = "all"
"""The figure over all questions."""
Kind = tuple[str, str]
"""(modality, type), as MUSIC-AVQA has it: ("Audio-Visual", "Counting")."""
_FIRST = ("Audio", "Visual", "Audio-Visual")


@dataclass(frozen=True)
class Group:
    """Questions that a figure is of.

    Attributes:
        name: of the figure.
        kinds: numbers of their kinds.
        whole: whether it is all questions, or a modality of several types; else one kind.
    """

    name: str
    kinds: tuple[int, ...]
    whole: bool = False


def kinds_of(asked: Iterable[Kind]) -> tuple[Kind, ...]:
    """Every kind once: by modality, those of the paper first, then in the order in which they are first asked."""
    found = list(dict.fromkeys(asked))
    modalities = [*(m for m in _FIRST if any(kind[0] == m for kind in found)), *dict.fromkeys(kind[0] for kind in found)]
    return tuple(sorted(found, key=lambda kind: modalities.index(kind[0])))


def kind_name(kind: Kind) -> str:
    """As people call it."""
    return ": ".join(part for part in kind if part) or "questions"


def groups_of(kinds: Sequence[Kind]) -> tuple[Group, ...]:
    """All questions, then every modality with its kinds behind it; what would be the same questions again is left out."""
    found = [Group(ALL, tuple(range(len(kinds))), whole=True)]
    for modality in dict.fromkeys(kind[0] for kind in kinds):
        own = tuple(number for number, kind in enumerate(kinds) if kind[0] == modality)
        if len(own) > 1 and len(own) < len(kinds) and modality:
            found.append(Group(modality, own, whole=True))
        found += [Group(kind_name(kinds[number]), (number,)) for number in own] if len(kinds) > 1 else []
    return tuple(found)
