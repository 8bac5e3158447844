"""What a run says of a user's own clips, among the classes that it learned or any other names, by its checkpoint alone.

Names that were all learned are answered as base classes are (Eq. 10), others as novel ones (Eq. 11 and 12); nothing is learned
for them. A clip that lacks flow or sound is judged by its frames alone, and the answer says so.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.encoders.cards import EncoderCard
from pipeline.media.isolation import Decoded, decode_many
from pipeline.methods.mov.config import MovOptions, Other
from pipeline.predictions import Prediction
from pipeline.reading import MachineFault
from pipeline.records import RunRecord
from pipeline.sources.lossy_flow import packed, unpacked
from pipeline.sources.make import make_source
from pipeline.sources.specs import FlowSpec, SourceSpec, stored_type
from pipeline.tasks.open_video.bound import encoder_card
from pipeline.tasks.open_video.errors import OpenVideoError
from pipeline.tasks.open_video.published import published
from pipeline.tasks.open_video.recipe import OpenVideoRecipe
from pipeline.tasks.open_video.specs import flow_spec, frames_spec, sound_spec
from pipeline.tasks.open_video.work import half_entry
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, Store

if TYPE_CHECKING:
    from pipeline.tasks.open_video.reader import Reader


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
    """The most probable classes of each clip; a file that cannot be read has an error instead.

    Args:
        store: of the run.
        record: of the run.
        files: to be answered about.
        device: where the towers run.
        top: classes a file.
        labels: any names to choose from; none are the base classes, which the run learned.
        method: None takes what is published.
        seed: the same.
        texts: none of which is a clip.
        strangers: not for runs of this kind.
        together: nor this.

    Raises:
        OpenVideoError: the run has no such method or seed, or cannot do what is asked.
    """
    if strangers or together:
        raise OpenVideoError(
            "predict: --none-of-these and --together are of runs that learn from sentences; this run learned from labelled "
            "clips. Leave them out; --threshold names no class that is less probable than a number"
        )

    def known(name: str, number: int) -> Checkpoints | None:
        found = record.artifacts.get(_entry(recipe, name, number))
        return None if found is None else Checkpoints(store.find(found))

    recipe = OpenVideoRecipe.model_validate({key: value for key, value in record.recipe.items() if key != "task"})
    method, seed = chosen(recipe, published(recipe, known), method, seed)
    learns = method in recipe.learned
    any_learned = next(iter(recipe.learned), None)
    learned = store.find(record.artifacts[_entry(recipe, method, seed)]) if learns else None
    names = tuple(labels) or _base(store, record, recipe, learned, any_learned)
    card, options = encoder_card(recipe), recipe.methods.get(method) or recipe.frozen[method]
    other = options.other if isinstance(options, MovOptions) else None
    read = _when_needed(recipe, card, method, seed, learned, names, device)
    found = {path: _about(path, recipe, card, other, names, top, read) for path in dict.fromkeys(map(str, files))}
    return [found[str(path)] for path in files] + [
        Prediction(text, "text", error="a text is no clip") for text in texts
    ]


def chosen(recipe: OpenVideoRecipe, own: tuple[str, int], method: str | None, seed: int | None) -> tuple[str, int]:
    """Whose answers are meant: what is asked for, else what is published.

    Raises:
        OpenVideoError: the recipe has no such method or seed.
    """
    published_method, first = own
    method = method or published_method
    known = dict.fromkeys([*recipe.methods, *recipe.frozen])
    if method not in known:
        raise OpenVideoError(f"--method {method}: run '{recipe.name}' has {', '.join(known)}")
    if seed is None:
        seed = first if method == published_method else recipe.seeds[0]
    if seed not in recipe.seeds:
        raise OpenVideoError(f"--seed {seed}: run '{recipe.name}' learned with {', '.join(map(str, recipe.seeds))}")
    return method, seed


def _base(
    store: Store, record: RunRecord, recipe: OpenVideoRecipe, learned: Artifact | None, any_learned: str | None
) -> tuple[str, ...]:
    """The classes that the run learned, as its checkpoints name them."""
    if learned is None and any_learned is not None:
        learned = store.find(record.artifacts[_entry(recipe, any_learned, recipe.seeds[0])])
    if learned is None:
        raise OpenVideoError(f"run '{recipe.name}' learned no classes. Give names to choose from: --labels names.txt")
    return tuple(learned.spec.fields["classes"])


def _entry(recipe: OpenVideoRecipe, method: str, seed: int) -> str:
    """What the record calls a method's checkpoints; of several halves of the classes those of the first answer."""
    return f"methods/{method}/{seed}{half_entry(recipe, recipe.videos.draws[0])}"


def _about(
    path: str, recipe: OpenVideoRecipe, card: EncoderCard, other: Other | None, names: Sequence[str], top: int,
    read: "Callable[[], Reader]",
) -> Prediction:  # fmt: skip
    try:
        frames = _decoded(path, recipe, frames_spec(recipe, card))
        if frames.array is None:
            return Prediction(path, None, error=frames.reason)
        beside = None
        if other is not None:
            spec: SourceSpec = flow_spec(recipe, card) if other == "flow" else sound_spec(recipe)
            beside = _decoded(path, recipe, spec)
    except MachineFault as fault:
        return Prediction(path, None, error=str(fault))
    shares = read()(frames.array, beside.array if beside is not None else None)
    order = np.argsort(-shares, kind="stable")[:top]
    classes = tuple((names[place], float(shares[place])) for place in order)
    lacks = beside is not None and beside.array is None
    note = f"no {other} ({beside.reason}): judged by its frames alone" if lacks and beside is not None else ""
    return Prediction(path, "video", classes, note=note)


def _decoded(path: str, recipe: OpenVideoRecipe, spec: SourceSpec) -> Decoded:
    """What is made of a file, as a run stores it; or why there is nothing."""
    cache = recipe.cache
    with closing(
        decode_many([path], spec, workers=cache.workers, timeout_s=cache.timeout_s, ahead=1, decode=make_source)
    ) as stream:
        found = next(stream)
    if found.array is None:  # a file that is not there is told as one that cannot be read
        return found if found.fault is None else found.require_verdict()
    stored = found.array.astype(stored_type(spec, "float16"))
    if isinstance(spec, FlowSpec) and spec.jpeg is not None:
        stored = unpacked(packed(stored, spec.jpeg))
    return Decoded(found.path, stored, "")


def _when_needed(
    recipe: OpenVideoRecipe, card: EncoderCard, method: str, seed: int, learned: Artifact | None, names: Sequence[str],
    device: str,
) -> "Callable[[], Reader]":  # fmt: skip
    """The method with its towers, loaded for the first clip that can be read."""
    ready: list[Reader] = []

    def read() -> "Reader":
        if not ready:
            from pipeline.tasks.open_video.reader import reader_of

            ready.append(reader_of(recipe, card, method, seed, learned, names, device))
        return ready[0]

    return read
