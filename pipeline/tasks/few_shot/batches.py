"""Batches of shots: features from memory, images from the store. Dims as in `cache`; B images of a batch."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline.methods.few_shot.task import Shots, Towers
from pipeline.tasks.few_shot.cache import Inputs


@dataclass(frozen=True)
class ShotBatches:
    """Shuffled batches; an epoch's are a function of seed and epoch. The last one, if it is not full, is dropped.

    Attributes:
        inputs: of all shots.
        labels: int64 (n,).
        towers: make the tokens of pixels that enter the first block; the rest of the work is the method's.
        size: B.
        seed: of the order.
    """

    inputs: Inputs
    labels: Tensor
    towers: Towers
    size: int
    seed: int

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self.labels) // self.size

    def epoch(self, epoch: int) -> Iterator[Shots]:
        """The batches of one epoch (1-based); it sees view (epoch - 1) modulo K of every image."""
        order = torch.randperm(len(self.labels), generator=torch.Generator().manual_seed(self.seed * 1_000_003 + epoch))
        view = (epoch - 1) % self.inputs.features.shape[1]
        for start in range(0, len(self) * self.size, self.size):
            yield shots_at(self.inputs, self.labels, self.towers, order[start : start + self.size], view)


def shots_at(inputs: Inputs, labels: Tensor, towers: Towers, rows: Tensor, view: int = 0) -> Shots:
    """Some rows as a method takes them, on the towers' device."""
    device = towers.image.device
    features = inputs.features[rows, view].to(device)
    chosen = labels[rows].to(device)
    if inputs.images is None:
        return Shots(features, {}, chosen)
    images = inputs.images.at(rows, view)
    if inputs.cut == towers.image.cuts[0]:
        return Shots(features, towers.image.lower(images, towers.cut), chosen)
    return Shots(features, {"activations": images.to(device)}, chosen)
