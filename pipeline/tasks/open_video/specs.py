"""What names the artifacts of a run of open-vocabulary video, free of torch: inputs, learned methods, results.

Dims: K views, F frames of each, d width of the shared space.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from math import prod
from pathlib import Path

import numpy as np

from pipeline.caching.needs import Need
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.cards.clip import clip_sizes
from pipeline.encoders.templates import CLIP_ACTION_TEMPLATES
from pipeline.media.specs import ImageSpec
from pipeline.methods.mov.config import FrozenClipOptions, MovOptions, Other
from pipeline.methods.mov.counts import TowerShape, first_learned
from pipeline.sources.sound_views import SoundViews
from pipeline.sources.specs import FbankSpec, FlowSpec, JpegFlow, Raft, stored_type
from pipeline.sources.view_specs import DrawnViewsSpec, VideoViewsSpec
from pipeline.tasks.open_video.errors import OpenVideoError
from pipeline.tasks.open_video.reading import FlowReading, SoundReading
from pipeline.tasks.open_video.recipe import LearnedOptions, OpenVideoRecipe, VideoOptions
from stores import ArtifactSpec, file_key, fingerprint

METHOD_VERSION = 1
"""Raise it when the same clips and options would give other methods."""
RESULT_VERSION = 1
"""Raise it when the same method and clips would give other figures."""


def frames_spec(recipe: OpenVideoRecipe, card: EncoderCard) -> VideoViewsSpec:
    """Which frames and crops are seen of a clip."""
    assert isinstance(card.media, ImageSpec), "what reads no pictures was refused"
    views, size = recipe.views, card.media.size
    return VideoViewsSpec(
        frames=views.frames, stride=views.stride, clips=views.clips, crops=views.crops, size=size,
        short_side=max(size, views.short_side or round(size * 8 / 7)), interpolation=card.media.interpolation,
    )  # fmt: skip


def learn_frames_spec(recipe: OpenVideoRecipe, card: EncoderCard) -> VideoViewsSpec | DrawnViewsSpec:
    """Which frames and crops are learned from: those that are judged, or random ones."""
    even, views = frames_spec(recipe, card), recipe.views
    if not views.random:
        return even
    return DrawnViewsSpec(
        frames=even.frames, stride=even.stride, views=views.random, size=even.size, short_side=even.short_side,
        interpolation=even.interpolation,
    )  # fmt: skip


def flow_spec(recipe: OpenVideoRecipe, card: EncoderCard, learn: bool = False) -> FlowSpec:
    """Flow at the same frames and crops as those that are judged, or learned from."""
    views = learn_frames_spec(recipe, card) if learn else frames_spec(recipe, card)
    said = recipe.flow.jpeg
    jpeg = None if said is None else JpegFlow(said.quality, said.bound)
    raft = _raft(recipe.flow.weights, recipe.flow.updates) if recipe.flow.weights is not None else None
    return FlowSpec(views=replace(views, interpolation="bilinear"), bound=recipe.flow.bound, raft=raft, jpeg=jpeg)


@cache
def _raft(weights: Path, updates: int) -> Raft:
    """Named by what the file holds.

    Raises:
        OpenVideoError: it is not there.
    """
    if not weights.is_file():
        raise OpenVideoError(
            f"flow: weights: there is no file {weights}. Download raft_large_C_T_SKHT_V2 of torchvision there, name another "
            "file, or write algorithm: tvl1"
        )
    return Raft(str(weights), file_key(weights), updates)


def sound_spec(recipe: OpenVideoRecipe) -> FbankSpec:
    """The spectrogram of a clip, before it is cropped."""
    sound, bins = recipe.sound, sound_bins(recipe)
    return FbankSpec(
        bins=bins, window=sound.window, frames=sound.frames, mean=sound.mean, scale=sound.scale, pad_first=False
    )


def sound_bins(recipe: OpenVideoRecipe) -> int:
    """Mel bins: one number for all methods that read sound."""
    found = {o.sound_bins for o in recipe.methods.values() if isinstance(o, MovOptions) and o.other == "sound"}
    return found.pop() if len(found) == 1 else 128


def sound_views(recipe: OpenVideoRecipe, options: MovOptions, views: int) -> SoundViews:
    """How a method cuts and masks spectrograms: a drawn crop an epoch, or as many even ones as there are views."""
    sound = recipe.sound
    return SoundViews(options.sound_frames, sound.time_mask, sound.bin_mask, sound.mask, clips=views)


def other_need(recipe: OpenVideoRecipe, card: EncoderCard, other: Other, learn: bool = False) -> Need:
    """Flow or sound as it is decoded: h_f and h_a are read from their pixels on. A spectrogram is cropped in the loop."""
    return Need(flow_spec(recipe, card, learn) if other == "flow" else sound_spec(recipe), None)


def late_needs(recipe: OpenVideoRecipe, card: EncoderCard, options: MovOptions) -> tuple[Need, Need]:
    """Activations below the first block that a method learns: of what it learns from, and of what it judges."""
    cut = first_learned(options, TowerShape.of_clip(clip_sizes(card)))
    if options.other == "flow":
        reading = FlowReading.of(options)
        return Need(flow_spec(recipe, card, True), card, cut, reading), Need(
            flow_spec(recipe, card), card, cut, reading
        )
    views = sound_views(recipe, options, recipe.views.clips * recipe.views.crops)
    judged = SoundReading(views, sound_spec(recipe), options.sound_positions)
    learned = replace(judged, epochs=options.epochs)
    return Need(judged.spec, card, cut, learned), Need(judged.spec, card, cut, judged)


def other_needs(recipe: OpenVideoRecipe, card: EncoderCard, options: MovOptions) -> tuple[Need, Need]:
    """What a method reads beside frames: while it learns, and while it judges."""
    if options.cut == "late":
        return late_needs(recipe, card, options)
    return other_need(recipe, card, options.other, True), other_need(recipe, card, options.other)


def vectors_need(recipe: OpenVideoRecipe, card: EncoderCard, learn: bool = False) -> Need:
    """V of Eq. 1, of every view that is judged, or learned from."""
    return Need(learn_frames_spec(recipe, card) if learn else frames_spec(recipe, card), card)


def sentences_need(card: EncoderCard) -> Need:
    """Features of class names in sentences."""
    return Need(None, card)


def sentences_of(names: Sequence[str]) -> list[str]:
    """The 28 sentences of every name, name by name."""
    return [template.format(name) for name in names for template in CLIP_ACTION_TEMPLATES]


def row_bytes(need: Need, recipe: OpenVideoRecipe) -> int:
    """What a clip, or a sentence, takes there."""
    if need.card is None:
        assert need.source is not None
        return prod(need.source.shape) * np.dtype(stored_type(need.source, "float16")).itemsize
    if need.reading is not None:
        return late_bytes(need, recipe)
    rows = 1 if need.source is None else prod(need.source.shape[:2])
    return rows * need.card.dim * np.dtype(recipe.cache.dtype).itemsize


def late_bytes(need: Need, recipe: OpenVideoRecipe) -> int:
    """What the activations of a clip take, all views."""
    assert need.card is not None and need.source is not None
    shape, itemsize = TowerShape.of_clip(clip_sizes(need.card)), np.dtype(recipe.cache.dtype).itemsize
    if isinstance(need.reading, SoundReading):
        tokens = 1 + (need.reading.spec.bins // shape.patch) * (need.reading.views.frames // shape.patch)
        return need.reading.count * tokens * shape.image_width * itemsize
    return prod(need.source.shape[:2]) * (1 + (shape.side // shape.patch) ** 2) * shape.image_width * itemsize


def input_specs(recipe: OpenVideoRecipe, card: EncoderCard, options: VideoOptions) -> list[ArtifactSpec]:
    """What holds all that a method reads."""
    needs = [vectors_need(recipe, card), sentences_need(card)]
    if isinstance(options, MovOptions):
        needs += other_needs(recipe, card, options)
    if not isinstance(options, FrozenClipOptions):
        needs.append(vectors_need(recipe, card, learn=True))
    return [need.spec(recipe.cache) for need in dict.fromkeys(needs)]


def method_spec(
    recipe: OpenVideoRecipe, card: EncoderCard, options: LearnedOptions, seed: int, classes: Sequence[str],
    clips: dict[str, object],
) -> ArtifactSpec:  # fmt: skip
    """The checkpoints of a method and a seed.

    Args:
        recipe: says how clips are seen.
        card: of the encoder.
        options: of the method.
        seed: of what is drawn.
        classes: that are learned.
        clips: fingerprints of what is learned from and chosen on.
    """
    fields = {
        "method_version": METHOD_VERSION, "options": options.naming_fields(), "seed": seed, "classes": list(classes),
        "sentences": fingerprint(sentences_of(classes)), **_heard(recipe, options), **clips,
    }  # fmt: skip
    parents = tuple(spec.fingerprint for spec in input_specs(recipe, card, options))
    return ArtifactSpec(kind="video-methods", fields=fields, parents=parents, backend="blob")


def result_spec(
    recipe: OpenVideoRecipe, card: EncoderCard, options: VideoOptions, method: ArtifactSpec | None,
    classes: Sequence[str], clips: dict[str, object],
) -> ArtifactSpec:  # fmt: skip
    """What a method, or frozen CLIP, says of the clips of an exam."""
    told = options.model_dump(mode="json") if isinstance(options, FrozenClipOptions) else {}
    fields = {
        "version": RESULT_VERSION, "classes": list(classes), "sentences": fingerprint(sentences_of(classes)), **told, **clips
    }  # fmt: skip
    inputs = [spec.fingerprint for spec in input_specs(recipe, card, options)]
    parents = (*([method.fingerprint] if method else []), *inputs)
    return ArtifactSpec(kind="video-results", fields=fields, parents=parents, backend="blob")


def _heard(recipe: OpenVideoRecipe, options: VideoOptions) -> dict[str, object]:
    """How spectrograms are masked, of a method that reads them: nothing that is stored says so."""
    if not isinstance(options, MovOptions) or options.other != "sound":
        return {}
    return {name: getattr(recipe.sound, name) for name in ("time_mask", "bin_mask", "mask")}
