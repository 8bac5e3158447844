"""What names the artifacts of a few-shot run, free of torch: inputs, learned prompts, accuracies."""

import numpy as np

from pipeline.caching.specs import source_features_spec, text_features_spec
from pipeline.encoders.cards.clip import clip_sizes
from pipeline.few_shot.errors import FewShotError
from pipeline.few_shot.files import Labelled
from pipeline.few_shot.recipe import needs_images
from pipeline.few_shot.task import Task
from pipeline.media.specs import ImageSpec
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.sources.specs import source_artifact
from pipeline.sources.view_specs import AugmentedViewsSpec
from stores import ArtifactSpec, fingerprint, text_key

METHOD_VERSION = 1
"""Raise it when the same shots and options would give other prompts."""
RESULT_VERSION = 1
"""Raise it when the same prompts and images would give other accuracies."""
RESULT = text_key("result.json")
"""Where an artifact of accuracies holds them."""

PIXELS = "pixels"
"""The first cut of CLIP's image tower."""
ViewsSpec = ImageSpec | AugmentedViewsSpec


def views_of(task: Task, training: bool) -> ViewsSpec:
    """What is made of an image: random crops to learn from, the centre to be judged."""
    assert isinstance(task.card.media, ImageSpec)
    if not training:
        return task.card.media
    scale = (task.recipe.smallest_crop, 1.0)
    return AugmentedViewsSpec(size=task.card.media.size, views=task.recipe.views, scale=scale)


def input_specs(task: Task, cut: str | None, training: bool) -> tuple[ArtifactSpec, ...]:
    """What holds the inputs: the pixels, the features of the whole tower, and what lies at the cut if that is above pixels."""
    pixels = source_artifact(views_of(task, training))
    cuts = ("output",) if cut in (None, PIXELS) else ("output", str(cut))
    return (pixels, *[spec_at(task, pixels, each) for each in cuts])


def spec_at(task: Task, pixels: ArtifactSpec, cut: str) -> ArtifactSpec:
    """What the image tower makes of stored pixels, up to a cut."""
    config = task.recipe.cache
    return source_features_spec(task.card, pixels.fingerprint, cut, config.dtype, config.compute)


def sentences_spec(task: Task) -> ArtifactSpec:
    """The features of hand-written sentences."""
    return text_features_spec(task.card, dtype=task.recipe.cache.dtype, compute=task.recipe.cache.compute)


def loop_cut(task: Task, config: FewShotTraining) -> str | None:
    """The cut at which images are stored for a method; None for one that reads features only.

    For prompts of the first block: pixels or patches, as the recipe says; `auto` takes what is smaller on the disk. Above it
    there is nothing to choose.

    Raises:
        FewShotError: the method's prompts reach deeper than the tower.
    """
    if not needs_images(config):
        return None
    first = _first_block(task, config)
    if first:
        return f"block{first - 1:02}"
    if task.recipe.inputs != "auto":
        return task.recipe.inputs
    sizes = clip_sizes(task.card)["vision_cfg"]
    return "patches" if bytes_of_tokens(task) < 3 * sizes["image_size"] ** 2 else PIXELS


def bytes_of_tokens(task: Task) -> int:
    """What the tokens of one image take: class token and patches."""
    sizes = clip_sizes(task.card)["vision_cfg"]
    tokens = (sizes["image_size"] // sizes["patch_size"]) ** 2 + 1
    return int(tokens * sizes["width"] * np.dtype(task.recipe.cache.dtype).itemsize)


def prompts_spec(task: Task, config: FewShotTraining, seed: int, shots: Labelled) -> ArtifactSpec:
    """The checkpoints of a method and a seed."""
    fields = {
        "method_version": METHOD_VERSION,
        "options": config.naming_fields(),
        "seed": seed,
        "classes": list(shots.classes),
        "shots": _pairs(shots),
    }
    inputs = (*input_specs(task, loop_cut(task, config), training=True), sentences_spec(task))
    return ArtifactSpec(
        kind="prompts", fields=fields, parents=tuple(spec.fingerprint for spec in inputs), backend="blob"
    )


def result_spec(
    task: Task, found: Labelled, own_sentences: bool, cut: str | None, prompts: tuple[str, ...]
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
        "images": _pairs(found),
        "version": RESULT_VERSION,
    }
    inputs = [spec.fingerprint for spec in (*input_specs(task, cut, training=False), sentences_spec(task))]
    return ArtifactSpec(kind="few-shot-results", fields=fields, parents=(*prompts, *inputs), backend="blob")


def own_sentences(config: FewShotTraining) -> bool:
    """Whether a method begins with each data set's own sentence."""
    return getattr(config, "templates", "single") == "data-set"


def _first_block(task: Task, config: FewShotTraining) -> int:
    """The block at which a method's prompts enter."""
    blocks, depth = clip_sizes(task.card)["vision_cfg"]["layers"], getattr(config, "depth", 1)
    if depth > blocks:
        raise FewShotError(
            f"few-shot: {getattr(config, 'method', 'the method')} asks for prompts in {depth} blocks; the image tower of "
            f"'{task.recipe.encoder}' has {blocks}. Write depth: {blocks} or less"
        )
    return int(blocks - depth) if getattr(config, "late", False) else 0


def _pairs(found: Labelled) -> str:
    return fingerprint([[row.key, label] for row, label in zip(found.rows, found.labels, strict=True)])
