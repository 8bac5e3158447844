"""Clips with pictures and sound, and a class for each of their seconds.

Dims: T = segments of a clip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from pipeline.datasets.rows import MediaRow

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)


@dataclass(frozen=True)
class AvClip:
    """One labelled window of a video.

    Attributes:
        key: of the row, not of the media: two rows of one video are two clips. 32 hexadecimal digits.
        name: what people call it: the video's id, or the file's path as the list has it.
        video: where its pictures are read: a file, a folder of frames, or a part of a file, `clip.mp4#t=10,20`.
        sound: where its sound is read; the same row where one file has both.
        labels: class of every segment, (T,); the number of classes is background.
        split: "train", "val" or "test".
        row: its number in the list, from 0.
        start_s: where the window begins in the file, seconds.
    """

    key: str
    name: str
    video: MediaRow
    sound: MediaRow
    labels: tuple[int, ...]
    split: Split
    row: int
    start_s: float = 0.0


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


@dataclass(frozen=True)
class AvClips:
    """What a reader found.

    Attributes:
        classes: names in the order of the labels' numbers, without background.
        segments: T, labels of a clip.
        segment_s: seconds of a segment.
        clips: rows that can be used, in the order of the list.
        refused: rows that cannot, in the order of the list.
        counts: rows found and listed, split by split and class by class.
        leaks: videos that lie in more than one split.
        left_out: rows of train that `disjoint` left out.
        strange: files beside the listed ones that no row names.
    """

    classes: tuple[str, ...]
    segments: int
    clips: tuple[AvClip, ...]
    refused: tuple[RejectedClip, ...] = ()
    counts: tuple[SplitCount, ...] = ()
    leaks: tuple[Leak, ...] = ()
    left_out: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    segment_s: float = 1.0

    @property
    def rejected(self) -> tuple[tuple[str, str], ...]:
        """(path, reason) of the rows that cannot be used."""
        return tuple((one.path, one.reason) for one in self.refused)

    @property
    def background(self) -> int:
        """The number that stands for no class."""
        return len(self.classes)

    def of(self, *splits: Split) -> tuple[AvClip, ...]:
        """The clips of some splits, in the order of the list."""
        return tuple(clip for clip in self.clips if clip.split in splits)

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
        told = [f"{split}: {self.partial(split)} rows can be used" for split in SPLITS if self.partial(split)]
        told += [
            f"{one.label}, {one.split}: {one.found:,} of {one.listed:,} rows"
            for one in self.counts
            if one.found < one.listed
        ]
        for first, second in (("val", "train"), ("test", "train"), ("test", "val")):
            shared = shared_names(self.leaks, first, second)
            if shared:
                told.append(f"{len(shared):,} videos of {first} are also in {second}: {', '.join(shared)}")
        if self.left_out:
            told.append(f"{len(self.left_out):,} rows are left out, whose videos are also in val or test (disjoint)")
        return tuple(told)


def shared_names(leaks: Sequence[Leak], first: str, second: str) -> tuple[str, ...]:
    """Names of the videos that lie in both splits."""
    return tuple(leak.name for leak in leaks if {first, second} <= {split for split, _ in leak.rows})
