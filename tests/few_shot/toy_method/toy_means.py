"""A toy method that is solved at once: a class is the mean of its images, and one that has none is its text."""

from typing import Literal

import torch
from torch import Tensor

from pipeline.methods.base import Method
from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.methods.few_shot.features import FeatureLearner, unit
from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots


class MeansConfig(FewShotOptions):
    """Options of the toy: none."""

    method: Literal["toy-means"] = "toy-means"


class Means(FeatureLearner):
    """logits = s f m_k; m (K, d) are the unit means, no tower runs."""

    means: Tensor

    def solve(self, examples: Examples, classes: ClassTexts) -> dict[str, str]:
        """Take the mean of every class's views."""
        found = [unit(examples.features[examples.labels == k]).mean((0, 1)) for k in range(len(classes.names))]
        self.register_buffer("means", unit(torch.stack(found)))
        return {}

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        vectors = unit(classes.features).clone()
        for column, row in self.columns_of(classes).items():
            vectors[column] = self.means[row]
        return [self.scale * unit(shots.features) @ vectors.T]


METHOD = Method(
    MeansConfig,
    "toy_means:Means",
    learns=lambda config, sizes: {},
    count=lambda config, sizes: sizes.classes * sizes.width,
    each_class=True,
)
