"""Labelled images that are held out, so that a number can be chosen without a test image.

Dims: n images, V views of each, d width, m rows of views.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from pipeline.methods.few_shot.features import unit
from pipeline.methods.few_shot.task import Examples

T = TypeVar("T")


def split(labels: Tensor, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """(rows to learn from, rows held out), int64; of each class a share, at least one of two images and none of one.

    Args:
        labels: int64 (n,).
        share: of the images of a class.
        seed: of the draw; equal seeds hold out equal images.
    """
    generator, held = torch.Generator().manual_seed(seed), torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique().tolist():
        rows = (labels == label).nonzero().flatten().cpu()
        count = max(int(len(rows) * share), int(len(rows) > 1))
        held[rows[torch.randperm(len(rows), generator=generator)[:count]]] = True
    return (~held).nonzero().flatten(), held.nonzero().flatten()


def chosen(
    examples: Examples,
    share: float,
    seed: int,
    values: Sequence[T],
    default: T,
    logits: Callable[[Examples, Tensor], Iterable[Tensor]],
) -> tuple[T, str]:
    """The first of the values that is right most often about what is held out, and how it was chosen.

    Args:
        examples: all of them.
        share: of each class, held out.
        seed: of the draw.
        values: in the order of preference.
        default: where nothing can be held out.
        logits: (what is learned from, unit features (m, d) of every view of the others) -> (m, K) for each value.
    """
    learn, held = split(examples.labels, share, seed)
    if not len(held):
        return default, "the default: no image can be held out"
    learned = Examples(examples.features[learn], examples.labels[learn])
    features, labels = views(Examples(examples.features[held], examples.labels[held]))
    right = [int((found.argmax(-1) == labels).sum()) for found in logits(learned, features)]
    best = max(range(len(values)), key=lambda i: (right[i], -i))
    return values[best], f"chosen on {len(held)} labelled images held out: {right[best]} of {len(labels)} views right"


def views(examples: Examples) -> tuple[Tensor, Tensor]:
    """Unit features (m, d) of every view, image by image, and their labels (m,)."""
    count = examples.features.shape[1]
    return unit(examples.features).flatten(0, 1), examples.labels.repeat_interleave(count)


def mean_views(examples: Examples) -> Tensor:
    """Unit features (n, d): of every image the mean of its views."""
    return unit(unit(examples.features).mean(1))
