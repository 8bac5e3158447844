"""Sentences that the encoder does not recognise as their class: the nearest of all class names is another class's.

A class is told where more than half of its sentences are nearest to other names, by more than chance (half, and the
standard error of half): then their mean stands nearer to what others are called than to what it is called itself. Of
real sentences about ten classes 0 to 2 % are taken for another. A sentence that carries several labels is recognised
by any of them, and a name that the encoder can hardly tell from the class's own (see `names_alike`) is no other name.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from pipeline.alarms.alarm import Alarm, listed

SHARE = 0.5
LEAST = 4
"""Sentences below which a share says nothing."""
_SHOWN = 5


@dataclass(frozen=True)
class Recognised:
    """How many of a class's sentences were looked at, and the class that each of the others was taken for."""

    looked_at: int
    mistaken: Counter[str]

    @property
    def share(self) -> float:
        """Of sentences that are taken for another class."""
        return self.mistaken.total() / self.looked_at if self.looked_at else 0.0


def not_recognised(modality: str, found: Mapping[str, Recognised], remedy: str) -> Iterator[Alarm]:
    """One alarm for all classes whose sentences are taken for others'.

    Args:
        modality: of the classes.
        found: class -> what became of its sentences.
        remedy: what to type.
    """
    lost = [name for name, each in found.items() if each.looked_at >= LEAST and each.share > _limit(each.looked_at)]
    lost.sort(key=lambda name: -found[name].share)
    if not lost:
        return
    told = "; ".join(_told(name, found[name]) for name in lost[:_SHOWN])
    more = f"; and {len(lost) - _SHOWN:,} more" if len(lost) > _SHOWN else ""
    problem = f"the encoder takes most sentences of {listed(lost)} for other {modality} classes: {told}{more}"
    yield Alarm("not-recognised", modality, tuple(lost), problem, remedy)


def _limit(count: int) -> float:
    return SHARE + sqrt(SHARE * (1 - SHARE) / count)


def _told(name: str, found: Recognised) -> str:
    ((other, count),) = found.mistaken.most_common(1)
    return f"'{name}' {found.mistaken.total():,} of {found.looked_at:,}, {count:,} of them for '{other}'"


def recognised(nearest: Sequence[str], own: Sequence[Collection[str]], anchors: Sequence[str]) -> dict[str, Recognised]:
    """Count sentences by class.

    Args:
        nearest: the name that each sentence is nearest to.
        own: the names that each may be nearest to.
        anchors: the class that each counts for.
    """
    looked_at, mistaken = Counter(anchors), {name: Counter[str]() for name in anchors}
    for name, allowed, anchor in zip(nearest, own, anchors, strict=True):
        if name not in allowed:
            mistaken[anchor][name] += 1
    return {name: Recognised(count, mistaken[name]) for name, count in looked_at.items()}
