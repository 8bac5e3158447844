"""What the frozen encoder makes of images and names, once.

Of shots: K random crops; of test images: the centre. Of each, the feature of the whole tower (the x^0 of ProMPT), and what the
loop reads where prompts enter the image tower: the pixels themselves, or the tokens at a cut.

Dims: n rows, K views, S side in pixels, d output, s tokens, c width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from pipeline.caching.encode import EncodeWork
from pipeline.caching.texts import cache_texts
from pipeline.datasets.rows import MediaRow
from pipeline.media.specs import ImageSpec
from pipeline.runner.shards import in_shards, publish_shards
from pipeline.sources.cache import cache_source
from pipeline.sources.specs import source_artifact, source_name
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.specs import PIXELS, ViewsSpec, spec_at, views_of
from stores import Artifact, text_key

_ROWS_A_SHARD = 64


@dataclass(frozen=True)
class Inputs:
    """Rows of images as a loop reads them.

    Attributes:
        cut: of the image tower; the first is its pixels.
        features: (n, K, d) of the whole tower.
        images: at the cut; None for methods that need none.
    """

    cut: str
    features: torch.Tensor
    images: "StoredImages | None"


@dataclass(frozen=True)
class StoredImages:
    """Images at a cut, read from the store when they are needed: of ImageNet's shots all views would take 40 GB.

    Attributes:
        artifact: holds them.
        name: of its array.
        keys: of the rows.
        spec: says how many views a row holds.
    """

    artifact: Artifact
    name: str
    keys: Sequence[str]
    spec: ViewsSpec

    def at(self, rows: torch.Tensor, view: int) -> torch.Tensor:
        """One view of some rows (B, ...)."""
        found = self.artifact.arrays([self.keys[row] for row in rows.tolist()], [self.name])[self.name]
        return _viewed(torch.from_numpy(found), self.spec)[:, view].contiguous()


def cached_inputs(task: BoundFewShot, rows: Sequence[MediaRow], cut: str | None, training: bool) -> Inputs:
    """Make what is missing of the rows' inputs and read their features; see `cache_inputs` for the arguments."""
    spec, keys = views_of(task, training), [row.key for row in rows]
    stored = cache_inputs(task, rows, cut, training)
    images = None
    if cut is not None:
        images = StoredImages(stored[cut], source_name(spec) if cut == PIXELS else "activations", keys, spec)
    vectors = _viewed(torch.from_numpy(stored["output"].arrays(keys)["vectors"]).float(), spec)
    return Inputs(cut or "output", vectors, images)


def cache_inputs(task: BoundFewShot, rows: Sequence[MediaRow], cut: str | None, training: bool) -> dict[str, Artifact]:
    """Make what is missing of the rows' inputs; returns where they are stored, by cut.

    Args:
        task: the recipe and its store.
        rows: images.
        cut: where prompts enter; None if they do not.
        training: whether these are shots.

    Raises:
        FewShotError: an image cannot be decoded.
    """
    spec = views_of(task, training)
    found = {PIXELS: _cached_pixels(task, spec, rows)}
    keys = list(dict.fromkeys(row.key for row in rows))
    for each in dict.fromkeys(["output", cut or "output"]):
        if each != PIXELS:
            found[each] = _cached_at(task, found[PIXELS], spec, keys, each)
    return found


def cached_texts(task: BoundFewShot, sentences: Sequence[str]) -> torch.Tensor:
    """Features (n, d) of sentences."""
    config = task.recipe.cache
    summary = cache_texts(
        task.store, task.card, sentences,
        device=task.device, progress=task.progress, dtype=config.dtype, compute=config.compute, runner=task.runner,
    )  # fmt: skip
    found = task.store.artifact(task.store.find(summary.fingerprint).spec)
    vectors = found.arrays([text_key(sentence) for sentence in sentences])["vectors"]
    return torch.from_numpy(vectors).float()


def _cached_pixels(task: BoundFewShot, spec: ViewsSpec, rows: Sequence[MediaRow]) -> Artifact:
    config = task.recipe.cache
    cache_source(
        task.store, spec, rows,
        progress=task.progress, workers=config.workers, timeout_s=config.timeout_s, runner=task.runner,
    )  # fmt: skip
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


def _cached_at(task: BoundFewShot, pixels: Artifact, spec: ViewsSpec, keys: Sequence[str], cut: str) -> Artifact:
    """What the tower makes of stored pixels, up to a cut; every view of an image is in its row."""
    config = task.recipe.cache
    artifact = task.store.artifact(spec_at(task, pixels.spec, cut))
    if artifact.missing(keys):
        work = EncodeWork(task.card, task.device, config.compute, config.dtype, pixels, source_name(spec), cut)
        with artifact.writer() as writer:
            missing = artifact.missing(keys)
            with task.progress.task(work.name, total=len(missing), unit="image") as bar:
                shards = in_shards(missing, config.shard_rows or _ROWS_A_SHARD)
                for _ in publish_shards(work, artifact, writer, shards, task.runner, bar):
                    pass
    return artifact


def _viewed(rows: torch.Tensor, spec: ViewsSpec) -> torch.Tensor:
    """The centre of a test image is one view of it."""
    return rows[:, None] if isinstance(spec, ImageSpec) else rows
