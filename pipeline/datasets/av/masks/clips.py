"""Clips with pictures and sound, and a mask of what sounds for each of their seconds, or for some.

Dims: T = segments of a clip.
"""

from dataclasses import dataclass

from pipeline.datasets.av.listed import Leak, ListedClips, RejectedClip, Split, SplitCount
from pipeline.datasets.rows import MediaRow
from pipeline.media.mask_spec import Foreground


@dataclass(frozen=True)
class MaskClip:
    """One window of a video, and the masks of its segments.

    Attributes:
        key: of the row, not of the media. 32 hexadecimal digits.
        name: what people call it: the video's name in the list, or the file's path.
        video: where its pictures are read: a folder of T frames, a file, or a part of a file, `clip.mp4#t=5,10`.
        sound: where its sound is read; the same row where one file has both.
        masks: the picture of each segment's mask, (T,); None where none is given, which is not an empty one.
        category: what sounds, as the list says it; "" where it does not.
        split: "train", "val" or "test".
        row: its number in the list, from 0.
        start_s: where the window begins in the file, seconds.
    """

    key: str
    name: str
    video: MediaRow
    sound: MediaRow
    masks: tuple[MediaRow | None, ...]
    category: str
    split: Split
    row: int
    start_s: float = 0.0


@dataclass(frozen=True)
class MaskClips(ListedClips[MaskClip]):
    """What a reader found.

    Attributes:
        segments: T, segments of a clip.
        clips: rows that can be used, in the order of the list.
        foreground: which values of a mask's pixels mean that something sounds there.
        refused: rows that cannot be used, in the order of the list.
        counts: rows found and listed, split by split and category by category.
        leaks: videos that lie in more than one split.
        left_out: rows that are left out though they can be read.
        strange: files beside the listed ones that no row names.
        remarks: what is odd about masks and sounds that are used, a sentence each.
        segment_s: seconds of a segment.
    """

    segments: int
    clips: tuple[MaskClip, ...]
    foreground: Foreground = "nonzero"
    refused: tuple[RejectedClip, ...] = ()
    counts: tuple[SplitCount, ...] = ()
    leaks: tuple[Leak, ...] = ()
    left_out: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    segment_s: float = 1.0

    @property
    def masks(self) -> tuple[MediaRow, ...]:
        """The masks of all clips, each file once: the rows of their stored source."""
        found = {mask.key: mask for clip in self.clips for mask in clip.masks if mask is not None}
        return tuple(found.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know, a sentence each."""
        return (*super().notes, *self.remarks)
