"""What a run says of a user's own clips, among the classes that it learned or any other names, by its checkpoint alone.

Names that were all learned are answered as base classes are (Eq. 10), others as novel ones (Eq. 11 and 12); nothing is learned
for them. A clip that lacks flow or sound is judged by its frames alone, and the answer says so.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
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
from pipeline.tasks.asking import Asking, of_clips, when_needed
from pipeline.tasks.open_video.bound import encoder_card
from pipeline.tasks.open_video.errors import OpenVideoError
from pipeline.tasks.open_video.published import published
from pipeline.tasks.open_video.recipe import OpenVideoRecipe
from pipeline.tasks.open_video.specs import flow_spec, frames_spec, sound_spec
from pipeline.tasks.open_video.work import half_entry
from pipeline.tasks.published import meant
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, Store

if TYPE_CHECKING:
    from pipeline.tasks.open_video.reader import Reader


def answer(store: Store, record: RunRecord, asking: Asking) -> list[Prediction]:
    """The most probable classes of each clip; a file that cannot be read has an error instead.

    Args:
        store: of the run.
        record: of the run.
        asking: about which clips, and whose answers; without labels the base classes, which the run learned, are chosen from.

    Raises:
        OpenVideoError: the run has no such method or seed, or cannot do what is asked.
    """
    asking.refuse_sentences(OpenVideoError, "labelled clips")

    def known(name: str, number: int) -> Checkpoints | None:
        found = record.artifacts.get(_entry(recipe, name, number))
        return None if found is None else Checkpoints(store.find(found))

    recipe = OpenVideoRecipe.model_validate({key: value for key, value in record.recipe.items() if key != "task"})
    own, answering = published(recipe, known), dict.fromkeys([*recipe.methods, *recipe.frozen])
    method, seed = meant(recipe, answering, own, asking.method, asking.seed, OpenVideoError, "has")
    learns = method in recipe.learned
    any_learned = next(iter(recipe.learned), None)
    learned = store.find(record.artifacts[_entry(recipe, method, seed)]) if learns else None
    names = tuple(asking.labels) or _base(store, record, recipe, learned, any_learned)
    card, options = encoder_card(recipe), recipe.methods.get(method) or recipe.frozen[method]
    other = options.other if isinstance(options, MovOptions) else None
    read = when_needed(lambda: _reader(recipe, card, method, seed, learned, names, asking.device))
    return of_clips(asking, lambda path: [_about(path, recipe, card, other, names, asking.top, read)])


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


def _reader(
    recipe: OpenVideoRecipe, card: EncoderCard, method: str, seed: int, learned: Artifact | None, names: Sequence[str],
    device: str,
) -> "Reader":  # fmt: skip
    from pipeline.tasks.open_video.reader import reader_of

    return reader_of(recipe, card, method, seed, learned, names, device)
