"""Counting what a computation does, so that its growth is told exactly and on every machine: no clock is asked."""

import sys
from collections.abc import Callable
from typing import Any


class Counted(str):
    """A text that counts how often it is hashed or compared, in C code too, where no call can be seen."""

    uses = 0

    def __eq__(self, other: object) -> bool:
        Counted.uses += 1
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: str) -> bool:
        Counted.uses += 1
        return str.__lt__(self, other)

    def __hash__(self) -> int:
        Counted.uses += 1
        return str.__hash__(self)


def uses(work: Callable[[], object]) -> int:
    """Hashes and comparisons of counted texts."""
    before = Counted.uses
    work()
    return Counted.uses - before


def calls(work: Callable[[], object]) -> int:
    """Calls of functions, those of C among them."""
    count = 0

    def note(frame: object, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def growth(counted: Callable[[int], int], size: int) -> float:
    """What the count grows by from 2n to 4n, over what it grows by from n to 2n: 2 where it is linear, 4 if quadratic."""
    counted(size - 1)  # what is imported and remembered at the first call
    first, second, third = (counted(size * times) for times in (1, 2, 4))
    return (third - second) / (second - first)
