"""What is made of a clip for a tower, and at which cuts methods read it; free of torch.

Dims: T segments of a clip.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from pipeline.caching.needs import Need
from pipeline.encoders.stepped.of_card import mel_of
from pipeline.media import VideoSpec
from pipeline.methods.copl.config import PromptOptions
from pipeline.methods.copl.places import reads
from pipeline.recipe.envelope import CacheConfig
from pipeline.sources.segments import frames_spec, picture_of_sound, sound_spec
from pipeline.sources.specs import SourceSpec, source_name, stored_type
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.towers import ROLES, Towers

PIXELS = "pixels"
"""The first cut: what a tower reads."""


@dataclass(frozen=True)
class Form:
    """How a clip is read.

    Attributes:
        segments: T.
        segment_s: seconds of a segment.
        sound: name of the paper's spectrograms of these segments, where it has some of its own, see `pipeline.sources.presets`.
        heard_s: seconds of sound that are heard with each segment, where those are more than it has; 0: its own.
    """

    segments: int
    segment_s: float = 1.0
    sound: str = ""
    heard_s: float = 0.0


def source_of(towers: Towers, role: str, form: Form) -> SourceSpec:
    """What is made of a clip for a tower: frames, or spectrograms.

    Raises:
        AvError: the tower reads something else.
    """
    shape = towers.shapes[role]
    if len(shape.input) == 3:
        size = shape.input[0]
        return (
            frames_spec(size, form.segments)
            if role == "visual"
            else picture_of_sound(size, form.segments, form.heard_s or form.segment_s, form.sound)
        )
    if role == "visual":
        raise AvError(
            f"encoders: visual: '{towers.cards[role].name}' reads spectrograms, no pictures. Name a tower of pictures, for "
            "example swin-v2-large-192, or miniature-swin to try"
        )
    frames, bins = shape.input
    return sound_spec(frames, bins, mel_of(towers.cards[role]), form.segments, form.segment_s)


def needs_of(towers: Towers, role: str, options: PromptOptions, form: Form) -> tuple[Need, ...]:
    """What a method reads of the clips' files in a role: the source itself, or activations at one cut or several."""
    return needs_at(towers, role, reads(options, *towers.pair)[ROLES.index(role)], form)


def needs_at(towers: Towers, role: str, cuts: Sequence[str], form: Form) -> tuple[Need, ...]:
    """What a tower makes of the clips' files in a role at some cuts."""
    source, card = source_of(towers, role, form), towers.cards[role]
    return tuple(Need(source, None) if cut == PIXELS else Need(source, card, cut) for cut in cuts)


def reads_several(options: PromptOptions) -> bool:
    """Whether a method is given a list, one entry a block whose output it reads, even if that is one."""
    return options.variant == "parallel" or options.rung == "none"


def row_bytes(towers: Towers, role: str, need: Need, form: Form, cache: CacheConfig) -> int:
    """What a clip takes there."""
    assert need.source is not None
    if need.card is None:
        return prod(need.source.shape) * np.dtype(stored_type(need.source, "float16")).itemsize
    return form.segments * prod(towers.shapes[role].map_at(need.cut)) * np.dtype(cache.dtype).itemsize


def points_of(need: Need) -> int:
    """Frames of a clip that it is made of."""
    assert isinstance(need.source, VideoSpec)
    return need.source.frames


def array_of(need: Need) -> str:
    """Name of the array that holds a need."""
    assert need.source is not None
    return source_name(need.source) if need.card is None else "activations"
