"""A user's own clips as a learned method reads them, and the run that is asked; no torch, and the data need not be there.

A clip no longer than those learned is T equal segments, as they were; a longer one has a segment a second and is read in windows
that overlap by half. What a clip lacks, picture or sound, is zeros to the towers, and the answer says so.

Dims: T segments of a window, D of a clip.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from pipeline.datasets.av.probe import span_of
from pipeline.media.errors import MediaError
from pipeline.media.isolation import decode_many
from pipeline.reading import MachineFault
from pipeline.recipe.envelope import CacheConfig
from pipeline.records import RunRecord
from pipeline.sources.make import make_source
from pipeline.sources.specs import stored_type
from pipeline.tasks.av.published import chosen, published
from pipeline.tasks.av.recipe import AvRecipe
from pipeline.tasks.av.sources import Form, source_of
from pipeline.tasks.av.strides import segments_of, windows
from pipeline.tasks.av.towers import ROLES, Towers, towers_of
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, Store

if TYPE_CHECKING:
    from pipeline.tasks.av.window import Window

MOST_SEGMENTS = 3600
"""Of one clip: its frames and spectrograms lie in memory together."""
_LACKS = {
    "visual": "no picture ({}): judged by its sound alone",
    "audio": "no sound ({}): judged by its picture alone",
}
R = TypeVar("R", bound=AvRecipe)
X = TypeVar("X")
FormOf = Callable[[Towers, int, float], Form]


@dataclass(frozen=True)
class Asked(Generic[R]):
    """Who answers.

    Attributes:
        recipe: of the run.
        method: whose answers are meant.
        seed: of it.
        checkpoints: what it has learned.
        towers: that it stands on.
        form: how clips are read.
    """

    recipe: R
    method: str
    seed: int
    checkpoints: Artifact
    towers: Towers
    form: Form


def _plain(towers: Towers, segments: int, segment_s: float) -> Form:
    return Form(segments, segment_s)


def asked(
    kind: type[R], store: Store, record: RunRecord, method: str | None, seed: int | None, form_of: FormOf = _plain
) -> Asked[R]:
    """The method of a run that answers.

    Args:
        kind: of its recipe.
        store: of the run.
        record: of the run.
        method: None takes what the recipe publishes.
        seed: the same.
        form_of: how clips are read by towers, of so many segments of so many seconds.

    Raises:
        AvError: the run has no such method or seed.
    """

    def learned(name: str, number: int) -> Checkpoints | None:
        found = record.artifacts.get(f"prompts/{name}/{number}")
        return None if found is None else Checkpoints(store.find(found))

    recipe = kind.model_validate({key: value for key, value in record.recipe.items() if key != "task"})
    method, seed = chosen(recipe, published(recipe, learned), method, seed)
    checkpoints = store.find(record.artifacts[f"prompts/{method}/{seed}"])
    towers, known = towers_of(recipe.encoders), checkpoints.spec.fields
    form = form_of(towers, known["segments"], known["segment_s"])
    return Asked(recipe, method, seed, checkpoints, towers, form)


@dataclass(frozen=True)
class Clip:
    """A clip as it is decoded.

    Attributes:
        path: of the file.
        seconds: how long it is.
        segments: D.
        lacks: role -> why there is nothing in it.
    """

    path: str
    seconds: float
    segments: int
    lacks: dict[str, str]

    @property
    def note(self) -> str:
        """What must be known of an answer about it."""
        return "; ".join(_LACKS[role].format(why) for role, why in self.lacks.items())

    @property
    def kind(self) -> str:
        """What it is taken for."""
        return "audio" if "visual" in self.lacks else "video"

    @property
    def segment_s(self) -> float:
        """Seconds of one of its segments."""
        return self.seconds / self.segments


@dataclass(frozen=True)
class Decoded:
    """What towers read of a clip.

    Attributes:
        clip: the clip.
        rows: role -> frames, or spectrograms (D, ...).
        starts: where its windows begin.
        size: T.
    """

    clip: Clip
    rows: Mapping[str, np.ndarray]
    starts: list[int]
    size: int

    @property
    def windows(self) -> "list[Window]":
        """What lies in each window."""
        return [{role: self.rows[role][start : start + self.size] for role in ROLES} for start in self.starts]


def decoded(path: str, towers: Towers, form: Form, cache: CacheConfig, whole: bool = False) -> Decoded:
    """Decode a clip for two towers.

    Args:
        path: of the file.
        towers: that will read it.
        form: how clips were read when the run learned.
        cache: how files are decoded.
        whole: whether its T segments are spread over it however long it is; otherwise a longer one has more of them.

    Raises:
        MediaError: it has neither pictures nor sound that can be read, or is too long.
        MachineFault: the machine failed while it was read.
    """
    clip = look_at(path, form, whole)
    rows = {role: _made(clip, role, towers, form, cache) for role in ROLES}
    if len(clip.lacks) == len(ROLES):
        raise MediaError(f"neither picture nor sound can be read: {'; '.join(clip.lacks.values())}")
    return Decoded(clip, rows, windows(clip.segments, form.segments), form.segments)


def look_at(path: str, form: Form, whole: bool = False) -> Clip:
    """How long a clip is, and what it lacks.

    Raises:
        MediaError: it has neither pictures nor sound, or is too long.
        MachineFault: the machine failed while it was read.
    """
    lacks: dict[str, str] = {}
    seconds = 0.0
    for role, kind in zip(ROLES, ("video", "audio"), strict=True):
        try:
            seconds = max(seconds, span_of(path, kind).end)
        except MediaError as error:
            lacks[role] = str(error)
    if len(lacks) == len(ROLES):
        raise MediaError(f"neither pictures nor sound: {lacks['visual']}; {lacks['audio']}")
    count = form.segments if whole else segments_of(seconds, form.segments, form.segment_s)
    if count > MOST_SEGMENTS:
        raise MediaError(f"{seconds:,.0f} s, more than {MOST_SEGMENTS * form.segment_s:,.0f}: cut it into parts")
    return Clip(path, seconds, count, lacks)


def _made(clip: Clip, role: str, towers: Towers, form: Form, cache: CacheConfig) -> np.ndarray:
    """Frames or spectrograms (D, ...); zeros where there are none, which is noted."""
    spec = source_of(towers, role, Form(clip.segments, form.segment_s))
    if role not in clip.lacks:
        with closing(
            decode_many(
                [clip.path], spec, workers=cache.workers, timeout_s=cache.timeout_s, ahead=1, decode=make_source
            )
        ) as stream:
            made = next(stream).require_verdict()
        if made.array is not None:
            return made.array.astype(stored_type(spec, "float16"))
        clip.lacks[role] = made.reason
    return np.zeros(spec.shape, stored_type(spec, "float16"))


def when_needed(make: Callable[[], X]) -> Callable[[], X]:
    """Something that is made once, when it is first asked for: a method with its towers, for the first clip that can be read."""
    ready: list[X] = []

    def read() -> X:
        if not ready:
            ready.append(make())
        return ready[0]

    return read


UNREADABLE = (MachineFault, MediaError, OSError)
"""What a file that cannot be answered about ends in."""
