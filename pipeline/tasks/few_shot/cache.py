"""What the frozen encoder made of images and names, as a loop reads it.

Of shots: K random crops; of test images: the centre. Of each, the feature of the whole tower (the x^0 of ProMPT), and what the
loop reads where prompts enter the image tower: the pixels themselves, or the tokens at a cut.

Dims: n rows, K views, S side in pixels, d output, s tokens, c width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from pipeline.datasets.rows import MediaRow
from pipeline.media.specs import ImageSpec
from pipeline.sources.specs import source_name
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import NotCached
from pipeline.tasks.few_shot.specs import PIXELS, ViewsSpec, needs_of, sentences_spec, views_of
from stores import Artifact, text_key


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
    """The rows' inputs; features are read now, images when they are needed.

    Args:
        task: the recipe and its store.
        rows: images.
        cut: where prompts enter; None if they do not.
        training: whether these are shots.

    Raises:
        NotCached: some are not encoded yet.
    """
    keys = [row.key for row in rows]
    stored = {
        need.cut if need.card else PIXELS: task.store.artifact(need.spec(task.recipe.cache))
        for need in needs_of(task, cut, training)
    }
    for artifact in stored.values():
        require_cached(artifact, keys, "images")
    images = None
    if task.recipe.modality != "image":
        features = torch.from_numpy(stored["output"].arrays(keys)["vectors"]).float()
        return Inputs("output", features[:, None], None)
    spec = views_of(task, training)
    if cut is not None:
        images = StoredImages(stored[cut], source_name(spec) if cut == PIXELS else "activations", keys, spec)
    vectors = _viewed(torch.from_numpy(stored["output"].arrays(keys)["vectors"]).float(), spec)
    return Inputs(cut or "output", vectors, images)


def cached_texts(task: BoundFewShot, sentences: Sequence[str]) -> torch.Tensor:
    """Features (n, d) of sentences.

    Raises:
        NotCached: some are not encoded yet.
    """
    artifact, keys = task.store.artifact(sentences_spec(task)), [text_key(sentence) for sentence in sentences]
    require_cached(artifact, keys, "sentences")
    return torch.from_numpy(artifact.arrays(keys)["vectors"]).float()


def require_cached(artifact: Artifact, keys: Sequence[str], what: str) -> None:
    """Check that rows are there.

    Raises:
        NotCached: they are not.
    """
    absent = artifact.missing(keys)
    if absent:
        raise NotCached(
            f"{len(absent)} of {len(set(keys))} {what} are not in {artifact.spec.name} yet. "
            "Encode them first: mmpt-pipeline cache-features RECIPE"
        )


def _viewed(rows: torch.Tensor, spec: ViewsSpec) -> torch.Tensor:
    """The centre of a test image is one view of it."""
    return rows[:, None] if isinstance(spec, ImageSpec) else rows
