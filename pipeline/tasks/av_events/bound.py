"""A recipe of audio-visual events bound to its clips and towers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.datasets.av import AvClip, AvClips, Split, read_clips
from pipeline.datasets.av.miniature import miniature_root, undrawn_clips
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import EncoderCard, card
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.encoders.stepped.of_card import shape_of
from pipeline.recipe.av_data import MiniatureEventsData
from pipeline.records import RunRecord, update_run
from pipeline.run.bound import Bound
from pipeline.tasks.av_events.recipe import AvEventsRecipe
from stores import fingerprint
from stores.address import local_side

ROLES = ("visual", "audio")
"""The two towers, and what each of them reads."""


@dataclass(frozen=True)
class Towers:
    """The frozen towers as plans know them.

    Attributes:
        cards: role -> encoder; one card twice where the tower is shared.
        shapes: role -> its sizes.
    """

    cards: Mapping[str, EncoderCard]
    shapes: Mapping[str, TowerShape]

    @property
    def shared(self) -> bool:
        """Whether one tower reads both."""
        return self.cards["visual"] == self.cards["audio"]


def towers_of(recipe: AvEventsRecipe) -> Towers:
    """The towers that a recipe names.

    Raises:
        EncoderError: a name is unknown, its weights are not there, or it cannot be run block by block.
    """
    cards = {"visual": card(recipe.encoders.visual), "audio": card(recipe.encoders.heard_by)}
    return Towers(cards, {role: shape_of(found) for role, found in cards.items()})


@dataclass(frozen=True)
class BoundAvEvents(Bound[AvEventsRecipe]):
    """A recipe bound to its towers and its clips."""

    @cached_property
    def towers(self) -> Towers:
        """See `towers_of`."""
        return towers_of(self.recipe)

    @cached_property
    def clips(self) -> AvClips:
        """The clips; those of the miniature world are written first, unless only a plan is asked for."""
        workspace = local_side(self.recipe.workspace)
        events = self.recipe.events
        if isinstance(events, MiniatureEventsData) and not self.draws and not miniature_root(events, workspace).exists():
            return undrawn_clips(events, workspace)
        return read_clips(events, workspace)

    def of(self, *splits: Split) -> tuple[AvClip, ...]:
        """Clips of some splits, in the order of the list."""
        return self.clips.of(*splits)

    @property
    def chooses_on(self) -> Split:
        """The split that the epoch is chosen on."""
        return "test" if self.recipe.protocol == "lavish" else "val"

    def keep_only(self, artifacts: Mapping[str, str]) -> None:
        """Leave only these artifacts in the run's record: what an earlier recipe of this name made is garbage then."""

        def write(record: RunRecord) -> None:
            record.artifacts = dict(artifacts)

        update_run(self.folder, write)


def rows_of(clips: Sequence[AvClip], role: str) -> list[MediaRow]:
    """The files that clips have in a role, each once."""
    found: dict[str, MediaRow] = {}
    for clip in clips:
        row = row_of(clip, role)
        found.setdefault(row.key, row)
    return list(found.values())


def row_of(clip: AvClip, role: str) -> MediaRow:
    """The file of a clip in a role."""
    return clip.video if role == "visual" else clip.sound


def print_of(clips: Sequence[AvClip]) -> str:
    """Fingerprint of clips with their labels."""
    return fingerprint([[clip.video.key, clip.sound.key, list(clip.labels)] for clip in clips])
