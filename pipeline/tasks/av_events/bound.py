"""A recipe of audio-visual events bound to its clips and towers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.datasets.av import AvClip, AvClips, read_clips
from pipeline.datasets.av.miniature import miniature_root, undrawn_clips
from pipeline.datasets.av.published import published_ave
from pipeline.methods.copl.config import CoplOptions
from pipeline.methods.copl.counts import head_numbers, learned
from pipeline.methods.copl.macs import step_macs
from pipeline.methods.copl.memory import step_bytes
from pipeline.recipe.av_data import AveData, MiniatureEventsData
from pipeline.tasks.av.bound import BoundAv, Price
from pipeline.tasks.av_events.recipe import AvEventsRecipe
from stores import fingerprint
from stores.address import local_side

PATHS = ("root", "events")
"""Keys under `events` that are paths."""


@dataclass(frozen=True)
class BoundAvEvents(BoundAv[AvEventsRecipe, AvClip]):
    """A recipe bound to its towers and its clips."""

    part, kind = "events", "event"

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

    @classmethod
    def path_keys(cls) -> Iterable[str]:
        """See `BoundAv`."""
        return PATHS

    def knows(self) -> Mapping[str, object]:
        """The classes."""
        return {"classes": list(self.clips.classes)}

    def print_of(self, clips: Sequence[AvClip]) -> str:
        """Fingerprint of clips with their labels."""
        return fingerprint([[clip.video.key, clip.sound.key, list(clip.labels)] for clip in clips])

    def numbers_of(self, options: CoplOptions) -> Mapping[str, int]:
        """See `BoundAv`."""
        visual, audio = self.towers.pair
        head = head_numbers(options.head, visual.width, audio.width, len(self.clips.classes) + 1)
        return {**learned(options, visual, audio, self.clips.segments), "head": head}

    def price_of(self, options: CoplOptions, clips: int) -> Price:
        """See `BoundAv`."""
        pair, segments = self.towers.pair, self.clips.segments
        return Price(
            macs=step_macs(options, *pair, segments) * segments * clips,
            kept=step_bytes(options, *pair, segments, options.batch // options.accumulate),
            steps=-(-clips // options.batch),
        )

    def answer_bytes(self) -> int:
        """Probabilities of a clip."""
        return 4 * self.clips.segments * (len(self.clips.classes) + 1)
