"""A recipe of audio-visual events bound to its clips and towers."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.datasets.av import AvClip, AvClips, Split, read_clips
from pipeline.datasets.av.miniature import miniature_root, undrawn_clips
from pipeline.datasets.av.published import published_ave
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.cards import EncoderCard, card
from pipeline.encoders.stepped.of_card import shape_of
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.recipe.av_data import AveData, MiniatureEventsData
from pipeline.records import RunRecord, update_run
from pipeline.runs.bound import Bound
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
        """The clips; those of the miniature world are written first. A plan does without what is not there, see `to_come`."""
        workspace, events = local_side(self.recipe.workspace), self.recipe.events
        if self.to_come and isinstance(events, MiniatureEventsData):
            return undrawn_clips(events, workspace)
        return published_ave(events) if self.to_come and isinstance(events, AveData) else read_clips(events, workspace)

    @cached_property
    def to_come(self) -> str:
        """Why a plan is of clips that are not there; empty where they are.

        Those of the miniature world are drawn when it runs; of AVE, numbers are those of the published lists.
        """
        events = self.recipe.events
        if self.draws:
            return ""
        if isinstance(events, MiniatureEventsData):
            drawn = miniature_root(events, local_side(self.recipe.workspace)).exists()
            return "" if drawn else "not drawn yet"
        return "not downloaded yet: as published" if isinstance(events, AveData) and not events.root.exists() else ""

    @cached_property
    def known(self) -> dict[Any, Any]:
        """What was worked out once: units, and fingerprints of clips."""
        return {}

    @property
    def check_command(self) -> str:
        """What to type to see what the data set holds."""
        data = self.recipe.events
        root, table = getattr(data, "root", None), getattr(data, "events", None)
        words = ["mmpt-pipeline", "datasets", "check", data.layout, *(["--root", str(root)] if root else [])]
        return shlex.join([*words, *(["-o", f"events={table}"] if table else [])])

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
