"""Clips with pictures and sound, and a class for each of their seconds.

Dims: T = segments of a clip.
"""

from dataclasses import dataclass

from pipeline.datasets.av.listed import SPLITS, Leak, ListedClips, RejectedClip, Split, SplitCount, shared_names
from pipeline.datasets.rows import MediaRow

__all__ = ["SPLITS", "AvClip", "AvClips", "Leak", "RejectedClip", "Split", "SplitCount", "shared_names"]


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
class AvClips(ListedClips[AvClip]):
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
    def background(self) -> int:
        """The number that stands for no class."""
        return len(self.classes)
