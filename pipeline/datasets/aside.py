"""What lies beside the media of a data set and is not judged: counted by what it is, with a few examples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

What = Literal["passed over", "strange", "absent", "unlabelled"]
"""Passed over: known companions of media, such as captions. Strange: what is neither media nor a known companion. Absent: what a
list names and nobody finds. Unlabelled: media without a class to judge them by."""

_EXAMPLES = 3


@dataclass(frozen=True)
class Aside:
    """Files of one kind that are not judged, for one reason.

    Attributes:
        what: of which kind they are.
        reason: what they are, or why: ".json", "a video", "no such file".
        count: how many there are.
        examples: up to three of them.
    """

    what: What
    reason: str
    count: int
    examples: tuple[str, ...]


class Tally:
    """Counts files that are set aside while a data set is read."""

    def __init__(self) -> None:
        """Start empty."""
        self._found: dict[tuple[What, str], tuple[int, tuple[str, ...]]] = {}

    def add(self, what: What, reason: str, example: str) -> None:
        """Count one file."""
        count, examples = self._found.get((what, reason), (0, ()))
        self._found[what, reason] = count + 1, examples if count >= _EXAMPLES else (*examples, example)

    def told(self) -> tuple[Aside, ...]:
        """Everything that was counted: by kind, then the most frequent first."""
        found = [Aside(what, reason, count, examples) for (what, reason), (count, examples) in self._found.items()]
        order: dict[str, int] = {what: place for place, what in enumerate(get_args(What))}
        return tuple(sorted(found, key=lambda aside: (order[aside.what], -aside.count, aside.reason)))


def total(asides: Iterable[Aside], what: str) -> int:
    """How many files of one kind there are."""
    return sum(aside.count for aside in asides if aside.what == what)


def summary(asides: Iterable[Aside]) -> str:
    """All of it in one line: "8 passed over (4 .json, 4 .txt), 1 strange (1 no known format: a.xyz)"."""
    return ", ".join(_lines(tuple(asides)))


def _lines(asides: tuple[Aside, ...]) -> Iterator[str]:
    for what in dict.fromkeys(aside.what for aside in asides):
        same = [aside for aside in asides if aside.what == what]
        parts = [f"{aside.count:,} {aside.reason}{_named(aside)}" for aside in same[:_EXAMPLES]]
        parts += [f"{len(same) - _EXAMPLES} kinds more"] if len(same) > _EXAMPLES else []
        yield f"{sum(aside.count for aside in same):,} {what} ({', '.join(parts)})"


def _named(aside: Aside) -> str:
    """Names of what somebody may want to look for; what is known to be a companion needs none."""
    if aside.what == "passed over":
        return ""
    return (
        ": "
        + ", ".join(example.rsplit("/", 1)[-1] for example in aside.examples)
        + (", …" if aside.count > _EXAMPLES else "")
    )
