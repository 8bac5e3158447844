"""What names the artifacts of a few-shot run, free of torch: inputs, learned prompts, accuracies."""

import numpy as np

from pipeline.caching.needs import Need
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.cards.clip import clip_sizes
from pipeline.media.specs import ImageSpec
from pipeline.methods.base import MethodError, Sizes, require_below
from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.methods.registry import method_of, methods
from pipeline.sources.view_specs import AugmentedViewsSpec
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from stores import ArtifactSpec, fingerprint

METHOD_VERSION = 1
"""Raise it when the same shots and options would give other prompts."""
RESULT_VERSION = 1
"""Raise it when the same prompts and images would give other accuracies."""

PIXELS = "pixels"
"""The first cut of CLIP's image tower."""
ViewsSpec = ImageSpec | AugmentedViewsSpec


def views_of(task: BoundFewShot, training: bool) -> ViewsSpec:
    """What is made of an image: random crops to learn from, the centre to be judged."""
    media = task.card.media
    assert isinstance(media, ImageSpec), "what is no image has no views"
    if not training:
        return media
    scale = (task.recipe.smallest_crop, 1.0)
    return AugmentedViewsSpec(size=media.size, views=task.recipe.views, scale=scale)


def needs_of(task: BoundFewShot, cut: str | None, training: bool) -> tuple[Need, ...]:
    """Of images the pixels, the features of the whole tower, and what lies at the cut if that is above pixels; else features."""
    if task.recipe.modality != "image":
        return (Need(task.card.media, task.card),)
    views = views_of(task, training)
    cuts = ("output",) if cut in (None, PIXELS) else ("output", str(cut))
    return (Need(views, None), *[Need(views, task.card, each) for each in cuts])


def input_specs(task: BoundFewShot, cut: str | None, training: bool) -> tuple[ArtifactSpec, ...]:
    """What holds them."""
    return tuple(need.spec(task.recipe.cache) for need in needs_of(task, cut, training))


def sentences_need(task: BoundFewShot) -> Need:
    """The features of hand-written sentences."""
    return Need(None, task.card)


def sentences_spec(task: BoundFewShot) -> ArtifactSpec:
    """What holds them."""
    return sentences_need(task).spec(task.recipe.cache)


def loop_cut(task: BoundFewShot, config: FewShotOptions) -> str | None:
    """The cut at which images are stored for a method; None for one that reads features only.

    Raises:
        FewShotError: the method's prompts reach deeper than the tower.
    """
    return image_cut(task.recipe, task.card, config)


def image_cut(recipe: FewShotRecipe, card: EncoderCard, config: FewShotOptions) -> str | None:
    """The same of a recipe that is not bound.

    For prompts of the first block: pixels or patches, as the recipe says; `auto` takes what is smaller on the disk. Above it
    there is nothing to choose. What is no image is read by no method that learns inside a tower.
    """
    if recipe.modality != "image":
        require_features(recipe, card, config)
        return None
    try:
        first = method_of(config).learns(config, sizes_of(card)).get("image")
        if first is None:
            return None
        cut = _chosen(recipe, card) if first == "patches" else first
        require_below(config.method, cut, first, sizes_of(card).cuts)  # type: ignore[attr-defined]
        return cut
    except MethodError as error:
        raise FewShotError(str(error)) from error


def require_features(recipe: FewShotRecipe, card: EncoderCard, config: FewShotOptions) -> None:
    """Refuse a method that learns inside CLIP's towers where these read no image.

    Raises:
        FewShotError: naming the methods that read features alone.
    """
    endless = Sizes(card.name, card.dim, card.dim, card.dim, blocks=1000)
    if method_of(config).learns(config, endless):
        others = [name for name, m in methods().items() if not m.learns(m.config(), endless)]
        raise FewShotError(
            f"few-shot: {method_of(config).name} learns inside the towers of an image encoder; modality {recipe.modality} is for "
            f"methods that read features alone: {', '.join(others)}"
        )


def _chosen(recipe: FewShotRecipe, card: EncoderCard) -> str:
    if recipe.inputs != "auto":
        return recipe.inputs
    pixels = 3 * clip_sizes(card)["vision_cfg"]["image_size"] ** 2
    return "patches" if token_bytes(card, recipe.cache.dtype) < pixels else PIXELS


def sizes_of(card: EncoderCard) -> Sizes:
    """What methods are told of an encoder; of one that is not CLIP no more than its width."""
    if card.family != "clip" or card.modality != "image":
        return Sizes(card.name, card.dim, 0, 0, 0)
    sizes = clip_sizes(card)
    image, text = sizes["vision_cfg"], sizes["text_cfg"]
    return Sizes(card.name, card.dim, image["width"], text["width"], image["layers"])


def bytes_of_tokens(task: BoundFewShot) -> int:
    """What the tokens of one image take: class token and patches."""
    return token_bytes(task.card, task.recipe.cache.dtype)


def token_bytes(card: EncoderCard, dtype: str) -> int:
    """The same for an encoder and a stored type."""
    sizes = clip_sizes(card)["vision_cfg"]
    tokens = (sizes["image_size"] // sizes["patch_size"]) ** 2 + 1
    return int(tokens * sizes["width"] * np.dtype(dtype).itemsize)


def prompts_spec(task: BoundFewShot, config: FewShotOptions, seed: int, shots: Labelled) -> ArtifactSpec:
    """The checkpoints of a method and a seed."""
    fields = {
        "method_version": METHOD_VERSION,
        "options": config.naming_fields(),
        "seed": seed,
        "classes": list(shots.classes),
        "shots": shots.print,
    }
    inputs = (*input_specs(task, loop_cut(task, config), training=True), sentences_spec(task))
    return ArtifactSpec(
        kind="prompts", fields=fields, parents=tuple(spec.fingerprint for spec in inputs), backend="blob"
    )


def result_spec(
    task: BoundFewShot, found: Labelled, own_sentences: bool, cut: str | None, prompts: tuple[str, ...]
) -> ArtifactSpec:
    """The accuracies of a method, or without prompts of the frozen encoder, on one test set.

    Args:
        task: the recipe and its store.
        found: what is judged.
        own_sentences: whether iteration 0 says the data set's own sentence.
        cut: where the images are stored that the method reads.
        prompts: fingerprint of its checkpoints; empty for the frozen encoder.
    """
    fields = {
        "sentences": fingerprint(task.prompts(found, own_sentences)),
        "classes": list(found.classes),
        "images": found.print,
        "version": RESULT_VERSION,
    }
    inputs = [spec.fingerprint for spec in (*input_specs(task, cut, training=False), sentences_spec(task))]
    return ArtifactSpec(kind="few-shot-results", fields=fields, parents=(*prompts, *inputs), backend="blob")


def own_sentences(config: FewShotOptions) -> bool:
    """Whether a method begins with each data set's own sentence."""
    return method_of(config).own_sentences(config)
