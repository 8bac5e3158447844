"""What a learned method says of a user's own clips, second by second, by its checkpoint alone: the data need not be there.

A clip no longer than those learned is T equal segments, as they were; a longer one has a segment a second and is read in windows
that overlap by half. What a clip lacks, picture or sound, is zeros to the towers, and the answer says so.

Dims: T segments of a window, D of a clip, K classes.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.av.probe import span_of
from pipeline.evaluation.found_events import found_events
from pipeline.media.errors import MediaError
from pipeline.media.isolation import decode_many
from pipeline.predictions import Prediction
from pipeline.reading import MachineFault
from pipeline.records import RunRecord
from pipeline.sources.make import make_source
from pipeline.sources.specs import stored_type
from pipeline.tasks.av_events.bound import ROLES, Towers, towers_of
from pipeline.tasks.av_events.errors import AvEventsError
from pipeline.tasks.av_events.published import published
from pipeline.tasks.av_events.recipe import AvEventsRecipe
from pipeline.tasks.av_events.specs import Form, source_of
from pipeline.tasks.av_events.strides import put_together, segments_of, windows
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, Store

if TYPE_CHECKING:
    from pipeline.tasks.av_events.window import Reader

Said = NDArray[np.float32]
MOST_SEGMENTS = 3600
"""Of one clip: its frames and spectrograms lie in memory together."""
_LACKS = {
    "visual": "no picture ({}): judged by its sound alone",
    "audio": "no sound ({}): judged by its picture alone",
}


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


def answer(
    store: Store,
    record: RunRecord,
    files: Sequence[Path],
    device: str,
    top: int,
    labels: Sequence[str],
    method: str | None,
    seed: int | None,
    texts: Sequence[str] = (),
    strangers: bool = False,
    together: bool = False,
) -> list[Prediction]:
    """The events of each clip, and the classes of most of its seconds; a file that cannot be read has an error instead.

    Args:
        store: of the run.
        record: of the run.
        files: to be answered about.
        device: where the towers run.
        top: classes a file.
        labels: not for runs of this kind.
        method: None takes what the recipe publishes.
        seed: the same.
        texts: none of which is a clip.
        strangers: not for runs of this kind.
        together: nor this.

    Raises:
        AvEventsError: the run has no such method or seed, or cannot do what is asked.
    """
    if labels or strangers or together:
        raise AvEventsError(
            "predict: --labels, --none-of-these and --together are of runs that know classes by their names; this run learned "
            "the events of clips, and says background where there is none. Leave them out"
        )

    def learned(name: str, number: int) -> Checkpoints | None:
        found = record.artifacts.get(f"prompts/{name}/{number}")
        return None if found is None else Checkpoints(store.find(found))

    recipe = AvEventsRecipe.model_validate({key: value for key, value in record.recipe.items() if key != "task"})
    method, seed = chosen(recipe, published(recipe, learned), method, seed)
    checkpoints = store.find(record.artifacts[f"prompts/{method}/{seed}"])
    towers, classes = towers_of(recipe), tuple(checkpoints.spec.fields["classes"])
    form = Form(checkpoints.spec.fields["segments"], checkpoints.spec.fields["segment_s"])
    read = _when_needed(recipe, towers, form, method, seed, checkpoints, device)
    found = {}
    for path in dict.fromkeys(map(str, files)):
        found[path] = _about(path, recipe, towers, form, classes, top, read)
    return [found[str(path)] for path in files] + [
        Prediction(text, "text", error="a text is no clip") for text in texts
    ]


def chosen(recipe: AvEventsRecipe, own: tuple[str, int], method: str | None, seed: int | None) -> tuple[str, int]:
    """Whose answers are meant: what is asked for, else what is published.

    Raises:
        AvEventsError: the recipe has no such method or seed.
    """
    published_method, first = own
    method = method or published_method
    if method not in recipe.methods:
        raise AvEventsError(f"--method {method}: run '{recipe.name}' learned {', '.join(recipe.methods)}")
    if seed is None:
        seed = first if method == published_method else recipe.seeds[0]
    if seed not in recipe.seeds:
        raise AvEventsError(f"--seed {seed}: run '{recipe.name}' learned with {', '.join(map(str, recipe.seeds))}")
    return method, seed


def look_at(path: str, form: Form) -> Clip:
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
    count = segments_of(seconds, form.segments, form.segment_s)
    if count > MOST_SEGMENTS:
        raise MediaError(f"{seconds:,.0f} s, more than {MOST_SEGMENTS * form.segment_s:,.0f}: cut it into parts")
    return Clip(path, seconds, count, lacks)


def _about(
    path: str, recipe: AvEventsRecipe, towers: Towers, form: Form, classes: Sequence[str], top: int,
    read: "Callable[[], Reader]",
) -> Prediction:  # fmt: skip
    try:
        clip = look_at(path, form)
        rows = {role: _decoded(clip, role, recipe, towers, form) for role in ROLES}
    except MachineFault as fault:
        return Prediction(path, None, error=str(fault))
    except (MediaError, OSError) as error:
        return Prediction(path, None, error=str(error))
    if len(clip.lacks) == len(ROLES):
        return Prediction(path, None, error=f"neither picture nor sound can be read: {'; '.join(clip.lacks.values())}")
    starts = windows(clip.segments, form.segments)
    cut = [{role: rows[role][start : start + form.segments] for role in ROLES} for start in starts]
    shares = put_together(read()(cut), starts, clip.segments)
    note = "; ".join(_LACKS[role].format(why) for role, why in clip.lacks.items())
    kind = "audio" if "visual" in clip.lacks else "video"
    return Prediction(
        path,
        kind,
        _classes(shares, classes, top),
        events=tuple(found_events(shares, classes, clip.seconds / clip.segments)),
        note=note,
    )


def _decoded(clip: Clip, role: str, recipe: AvEventsRecipe, towers: Towers, form: Form) -> np.ndarray:
    """Frames or spectrograms (D, ...); zeros where there are none, which is noted."""
    spec = source_of(towers, role, Form(clip.segments, form.segment_s))
    if role not in clip.lacks:
        cache = recipe.cache
        with closing(
            decode_many(
                [clip.path], spec, workers=cache.workers, timeout_s=cache.timeout_s, ahead=1, decode=make_source
            )
        ) as stream:
            decoded = next(stream).require_verdict()
        if decoded.array is not None:
            return decoded.array.astype(stored_type(spec, "float16"))
        clip.lacks[role] = decoded.reason
    return np.zeros(spec.shape, stored_type(spec, "float16"))


def _classes(shares: Said, classes: Sequence[str], top: int) -> tuple[tuple[str, float], ...]:
    """Classes by the mean of their probability over all seconds."""
    mean = shares[:, : len(classes)].mean(0)
    return tuple((classes[c], float(mean[c])) for c in np.argsort(-mean, kind="stable")[:top])


def _when_needed(
    recipe: AvEventsRecipe, towers: Towers, form: Form, method: str, seed: int, checkpoints: Artifact, device: str
) -> "Callable[[], Reader]":
    """The method with its towers, loaded for the first clip that can be read."""
    ready: list[Reader] = []

    def read() -> "Reader":
        if not ready:
            from pipeline.tasks.av_events.window import reader_of

            ready.append(reader_of(recipe, towers, form, method, seed, checkpoints, device))
        return ready[0]

    return read
