"""A recipe of sounding objects bound to its clips, their masks and towers. Dims: T segments of a clip, S side of a mask."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.caching.needs import Input, Need
from pipeline.datasets.av.masks import MaskClip, MaskClips, read_mask_clips
from pipeline.datasets.av.masks.miniature import miniature_masks_root, undrawn_mask_clips
from pipeline.datasets.av.masks.published import published_masks
from pipeline.media.mask_spec import MaskSpec
from pipeline.methods.copl.counts import learned
from pipeline.methods.copl.macs import step_macs
from pipeline.methods.copl.masks.config import MasksOptions
from pipeline.methods.copl.masks.counts import head_macs, head_numbers
from pipeline.methods.copl.masks.memory import step_bytes
from pipeline.recipe.mask_data import AvsMs3Data, AvsS4Data, MasksData, MiniatureMasksData
from pipeline.tasks.av.bound import BoundAv, Price
from pipeline.tasks.av.sources import Form
from pipeline.tasks.av_masks.needs import form_of, mask_needs
from pipeline.tasks.av_masks.recipe import AvMasksRecipe
from stores import fingerprint
from stores.address import local_side

PATHS = ("root", "masks")
"""Keys under `masks` that are paths."""
MASKS = "masks"
"""What the input of masks is called."""


@dataclass(frozen=True)
class BoundAvMasks(BoundAv[AvMasksRecipe, MaskClip]):
    """A recipe bound to its towers, its clips and their masks."""

    part, kind = "masks", "mask"

    @cached_property
    def clips(self) -> MaskClips:
        """The clips; those of the miniature world are written first. A plan does without what is not there, see `to_come`."""
        workspace, data = local_side(self.recipe.workspace), self.recipe.masks
        if self.to_come and isinstance(data, MiniatureMasksData):
            return undrawn_mask_clips(data, workspace)
        if self.to_come and isinstance(data, (AvsS4Data, AvsMs3Data)):
            return published_masks(data)
        return read_mask_clips(data, workspace)

    @cached_property
    def to_come(self) -> str:
        """Why a plan is of clips that are not there; empty where they are.

        Those of the miniature world are drawn when it runs; of AVSBench, numbers are those of the published lists.
        """
        data = self.recipe.masks
        if self.draws:
            return ""
        if isinstance(data, MiniatureMasksData):
            return "" if miniature_masks_root(data, local_side(self.recipe.workspace)).exists() else "not drawn yet"
        published = isinstance(data, (AvsS4Data, AvsMs3Data)) and not data.root.exists()
        return "not downloaded yet: as published" if published else ""

    @property
    def decoded_a_second(self) -> Mapping[str, float]:
        """See `BoundAv`; measured on five PNG of 224 x 224 pixels and five seconds of sound, as AVSBench gives them out."""
        videos = isinstance(self.recipe.masks, MasksData)
        return super().decoded_a_second if videos else {"visual": 100.0, "audio": 100.0}

    @classmethod
    def path_keys(cls) -> Iterable[str]:
        """See `BoundAv`."""
        return PATHS

    @property
    def form(self) -> Form:
        """How the clips are read."""
        return form_of(self.towers, self.clips.segments, self.clips.segment_s)

    @property
    def mask_spec(self) -> MaskSpec:
        """How masks are stored: as wide as all heads answer."""
        return MaskSpec(next(iter(self.recipe.methods.values())).head.size, self.clips.foreground)

    @property
    def mask_input(self) -> Input:
        """The pictures of all masks, each once."""
        spec, note = self.mask_spec, self.to_come
        return Input(MASKS, MASKS, Need(spec, None), self.clips.masks, row_bytes=spec.size**2, note=note)

    def reads(self, role: str, options: MasksOptions) -> tuple[Need, ...]:
        """See `BoundAv`: the maps of lower stages, too, where they are stored. Worked out once: a plan asks often."""
        asked = ("reads", role, id(options))  # the recipe holds its options
        if asked not in self.known:
            self.known[asked] = mask_needs(self.towers, role, options, self.form)
        found: tuple[Need, ...] = self.known[asked]
        return found

    def knows(self) -> Mapping[str, object]:
        """What masks are made of, and how wide."""
        return {"masks": {"size": self.mask_spec.size, "foreground": self.mask_spec.foreground}}

    def print_of(self, clips: Sequence[MaskClip]) -> str:
        """Fingerprint of clips with their masks."""
        return fingerprint([
            [clip.video.key, clip.sound.key, [mask.key if mask else None for mask in clip.masks]] for clip in clips
        ])  # fmt: skip

    def numbers_of(self, options: MasksOptions) -> Mapping[str, int]:
        """See `BoundAv`."""
        head = sum(head_numbers(options, *self.towers.pair).values())
        return {**learned(options, *self.towers.pair, self.clips.segments), "head": head}

    def price_of(self, options: MasksOptions, clips: int) -> Price:
        """See `BoundAv`. All of the head is learned, so backward it costs twice what it costs forward."""
        pair, segments = self.towers.pair, self.clips.segments
        second = step_macs(options, *pair, segments) + 3 * head_macs(options, *pair)
        return Price(
            macs=second * segments * clips,
            kept=step_bytes(options, *pair, segments, options.batch // options.accumulate),
            steps=-(-clips // options.batch),
        )

    def answer_bytes(self) -> int:
        """A bit a pixel, and a few figures."""
        return self.clips.segments * (-(-(self.mask_spec.size**2) // 8)) + 100
