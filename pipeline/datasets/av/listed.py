"""What readers of clips have in common: splits, rows that cannot be used, counts, videos of several splits."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Generic, Literal, Protocol, TypeVar, get_args

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


class OfSplit(Protocol):
    """A clip that lies in a split."""

    @property
    def split(self) -> Split:
        """Its split."""


C = TypeVar("C", bound=OfSplit)
_SHOWN = 10


@dataclass(frozen=True)
class RejectedClip:
    """A row whose media cannot be used. It counts as missing; no other row takes its place.

    Attributes:
        row: its number in the list.
        split: its split.
        path: where its media were looked for.
        reason: why they cannot be used.
    """

    row: int
    split: Split
    path: str
    reason: str


@dataclass(frozen=True)
class SplitCount:
    """How many rows of a class a split has, of how many that its list names; a row of several classes counts in each."""

    split: Split
    label: str
    found: int
    listed: int


@dataclass(frozen=True)
class Leak:
    """A video that lies in more than one split, and its rows in each."""

    name: str
    rows: tuple[tuple[Split, int], ...]


class ListedClips(Generic[C]):
    """What a reader found; which fields it has besides, its kind of clips says.

    Attributes:
        items: what people call what is listed.
    """

    items: ClassVar[str] = "rows"
    clips: tuple[C, ...]
    refused: tuple[RejectedClip, ...]
    counts: tuple[SplitCount, ...]
    leaks: tuple[Leak, ...]
    left_out: tuple[str, ...]
    strange: tuple[str, ...]

    @property
    def rejected(self) -> tuple[tuple[str, str], ...]:
        """(path, reason) of the rows that cannot be used."""
        return tuple((one.path, one.reason) for one in self.refused)

    def of(self, *splits: Split) -> tuple[C, ...]:
        """The clips of some splits, in the order of the list."""
        if len(splits) == 1:
            return self._by_split[splits[0]]
        return tuple(clip for clip in self.clips if clip.split in splits)

    @cached_property
    def _by_split(self) -> dict[Split, tuple[C, ...]]:
        """A plan asks for them again and again, of up to 45,867."""
        return {split: tuple(clip for clip in self.clips if clip.split == split) for split in SPLITS}

    def partial(self, split: Split) -> str:
        """Where rows of a split cannot be used "398 of 402", else nothing: a figure over them says so."""
        found, listed = len(self.of(split)), self.listed(split)
        return f"{found:,} of {listed:,}" if found < listed else ""

    def listed(self, split: Split) -> int:
        """Rows that the list names for a split, without those that `disjoint` left out."""
        return len(self.of(split)) + sum(one.split == split for one in self.refused)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know, a sentence each."""
        told = [f"{split}: {self.partial(split)} {self.items} can be used" for split in SPLITS if self.partial(split)]
        told += [
            f"{one.label}, {one.split}: {one.found:,} of {one.listed:,} {self.items}"
            for one in self.counts
            if one.found < one.listed
        ]
        for first, second in (("val", "train"), ("test", "train"), ("test", "val")):
            shared = shared_names(self.leaks, first, second)
            if shared:
                told.append(f"{len(shared):,} videos of {first} are also in {second}: {some_of(shared)}")
        if self.left_out:
            told.append(f"{len(self.left_out):,} {self.items} are left out, {self.why_left_out}")
        return tuple(told)

    @property
    def why_left_out(self) -> str:
        """Why those of `left_out` are, as a note goes on."""
        return "whose videos are also in val or test (disjoint)"


def some_of(names: Sequence[str]) -> str:
    """The first of many names, and how many more there are."""
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def shared_names(leaks: Sequence[Leak], first: str, second: str) -> tuple[str, ...]:
    """Names of the videos that lie in both splits."""
    return tuple(leak.name for leak in leaks if {first, second} <= {split for split, _ in leak.rows})
