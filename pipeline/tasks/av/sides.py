"""What a clip has in each role, and which clips lack one side; free of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pipeline.datasets.rows import MediaRow
from pipeline.tasks.av.towers import ROLES


class Sided(Protocol):
    """An example with a picture and a sound: a clip, or a question about one."""

    @property
    def video(self) -> MediaRow:
        """Where its pictures are read."""

    @property
    def sound(self) -> MediaRow:
        """Where its sound is read."""


C = TypeVar("C", bound=Sided)


def row_of(clip: Sided, role: str) -> MediaRow:
    """The file of a clip in a role."""
    return clip.video if role == "visual" else clip.sound


def rows_of(clips: Sequence[Sided], role: str) -> list[MediaRow]:
    """The files that clips have in a role, each once."""
    found: dict[str, MediaRow] = {}
    for clip in clips:
        row = row_of(clip, role)
        found.setdefault(row.key, row)
    return list(found.values())


@dataclass(frozen=True)
class Sides:
    """Which clips lack one side: the other is learned from and judged alone, beside zeros.

    Attributes:
        silent: keys of sound files of which there is no spectrogram.
        blind: keys of video files of which there are no frames.
    """

    silent: frozenset[str]
    blind: frozenset[str]

    def has(self, clip: Sided, role: str) -> bool:
        """Whether there is something of a clip in a role."""
        return row_of(clip, role).key not in (self.blind if role == "visual" else self.silent)

    def usable(self, clips: Sequence[C]) -> tuple[C, ...]:
        """The clips of which there is a picture or a sound."""
        if not self.silent or not self.blind:
            return tuple(clips)
        return tuple(clip for clip in clips if any(self.has(clip, role) for role in ROLES))

    def told(self, clips: Sequence[Sided]) -> dict[str, list[str]]:
        """Keys of what is lacking, as fingerprints hold it; nothing where nothing is."""
        return {name: keys for name, keys in self._lacking(clips).items() if keys}

    def counts(self, clips: Sequence[Sided]) -> tuple[int, int]:
        """How many clips have no sound, and how many no picture."""
        silent, blind = (sum(not self.has(clip, role) for clip in clips) for role in ("audio", "visual"))
        return silent, blind

    def _lacking(self, clips: Sequence[Sided]) -> Mapping[str, list[str]]:
        lost = (("silent", "audio", self.silent), ("blind", "visual", self.blind))
        return {
            name: sorted({row_of(clip, role).key for clip in clips} & keys) if keys else [] for name, role, keys in lost
        }
