"""What the frozen encoder makes of images and names, once.

Of shots: K random crops; of test images: the centre. Of each, the feature of the whole tower (the x^0 of ProMPT), and what the
loop reads where prompts enter the image tower: the pixels themselves, or the tokens at a cut.

Dims: n rows, K views, S side in pixels, d output, s tokens, c width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from pipeline.caching.rows import to_arrays
from pipeline.caching.texts import cache_texts
from pipeline.datasets.rows import MediaRow
from pipeline.encoders.base import Encoder
from pipeline.few_shot.errors import FewShotError
from pipeline.few_shot.specs import PIXELS, ViewsSpec, spec_at, views_of
from pipeline.few_shot.task import Task
from pipeline.media.specs import ImageSpec
from pipeline.sources.cache import cache_source
from pipeline.sources.specs import source_artifact, source_name
from stores import Artifact, text_key

_ROWS_A_SHARD = 64
_IMAGES_A_BATCH = 64


@dataclass(frozen=True)
class Inputs:
    """Rows of images as a loop reads them.

    Attributes:
        cut: of the image tower; the first is its pixels.
        features: (n, K, d) of the whole tower.
        images: (n, K, ...) at the cut; None for methods that need none.
    """

    cut: str
    features: torch.Tensor
    images: torch.Tensor | None


def cached_inputs(task: Task, encoder: Encoder, rows: Sequence[MediaRow], cut: str | None, training: bool) -> Inputs:
    """Make what is missing of the rows' inputs and read them.

    Args:
        task: the recipe and its store.
        encoder: the frozen encoder.
        rows: images.
        cut: where prompts enter; None if they do not.
        training: whether these are shots.

    Raises:
        FewShotError: an image cannot be decoded.
    """
    spec = views_of(task, training)
    pixels = _cached_pixels(task, spec, rows)
    keys = [row.key for row in rows]
    features = _cached_at(task, encoder, pixels, spec, keys, "output")
    images = None
    if cut is not None:
        at_cut = pixels if cut == PIXELS else _cached_at(task, encoder, pixels, spec, keys, cut)
        name = source_name(spec) if at_cut is pixels else "activations"
        images = _viewed(torch.from_numpy(at_cut.arrays(keys)[name]), spec)
    vectors = _viewed(torch.from_numpy(features.arrays(keys)["vectors"]).float(), spec)
    return Inputs(cut or "output", vectors, images)


def cached_texts(task: Task, sentences: Sequence[str]) -> torch.Tensor:
    """Features (n, d) of sentences."""
    config = task.recipe.cache
    summary = cache_texts(
        task.store, task.card, sentences,
        device=task.device, progress=task.progress, dtype=config.dtype, compute=config.compute,
    )  # fmt: skip
    found = task.store.artifact(task.store.find(summary.fingerprint).spec)
    vectors = found.arrays([text_key(sentence) for sentence in sentences])["vectors"]
    return torch.from_numpy(vectors).float()


def _cached_pixels(task: Task, spec: ViewsSpec, rows: Sequence[MediaRow]) -> Artifact:
    config = task.recipe.cache
    cache_source(task.store, spec, rows, progress=task.progress, workers=config.workers, timeout_s=config.timeout_s)
    artifact = task.store.artifact(source_artifact(spec))
    wanted = {row.key: row for row in rows}
    refused = [each for each in artifact.rejected() if each.key in wanted]
    if refused:
        first = refused[0]
        raise FewShotError(
            f"few-shot: {len(refused)} of {len(wanted)} images cannot be decoded, {wanted[first.key].path} for one "
            f"({first.reason}). Figures of other images could not be compared; replace them and run again, or have them tried "
            "again: mmpt-pipeline retry RECIPE --failed"
        )
    return artifact


def _cached_at(
    task: Task, encoder: Encoder, pixels: Artifact, spec: ViewsSpec, keys: Sequence[str], cut: str
) -> Artifact:
    """What the tower makes of stored pixels, up to a cut; every view of an image is in its row."""
    dtype = task.recipe.cache.dtype
    artifact = task.store.artifact(spec_at(task, pixels.spec, cut))
    if artifact.missing(keys):
        with artifact.writer() as writer:
            missing = artifact.missing(keys)
            with task.progress.task(f"encode images up to {cut}", total=len(missing), unit="image") as bar:
                count = task.recipe.cache.shard_rows or _ROWS_A_SHARD
                for start in range(0, len(missing), count):
                    some = missing[start : start + count]
                    writer.publish(some, _encoded(encoder, pixels.arrays(some)[source_name(spec)], cut, dtype))
                    bar.advance(len(some))
    return artifact


def _encoded(encoder: Encoder, rows: np.ndarray, cut: str, dtype: str) -> dict[str, np.ndarray]:
    size = rows.shape[-3:]
    flat = rows.reshape(-1, *size)
    parts = [
        to_arrays(encoder.media.lower(flat[start : start + _IMAGES_A_BATCH], cut), dtype)
        for start in range(0, len(flat), _IMAGES_A_BATCH)
    ]
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {name: array.reshape(*rows.shape[:-3], *array.shape[1:]) for name, array in whole.items()}


def _viewed(rows: torch.Tensor, spec: ViewsSpec) -> torch.Tensor:
    """The centre of a test image is one view of it."""
    return rows[:, None] if isinstance(spec, ImageSpec) else rows
