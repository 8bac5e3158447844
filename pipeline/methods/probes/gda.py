"""Gaussian discriminant analysis: one covariance for all classes, regularised, beside the texts.

    logits = s f t^T + alpha (f W^T + b),  W = mu P,  b = log pi - 1/2 diag(mu P mu^T)
    P = d pinv((m - 1) Sigma + tr(Sigma) I)

f (B, d) unit features of images, t (K, d) of texts, mu (K, d) class means over all views, Sigma (d, d) the unbiased covariance of
the m views about their class means, pi = 1/K. Solved in float64.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from pipeline.methods.few_shot.features import FeatureLearner, unit
from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots
from pipeline.methods.probes.held_out import chosen, views

ALPHAS = tuple(10.0**power for power in range(-4, 3))


def discriminant(features: Tensor, labels: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    """(W (K, d), b (K,)) in float64, of unit features (m, d) and their labels (m,)."""
    features = features.double()
    means = torch.stack([features[labels == label].mean(0) for label in range(classes)])
    about = features - means[labels]
    count, width = about.shape
    covariance = about.T @ about / max(count - 1, 1)
    spread = covariance.trace() * torch.eye(width, dtype=about.dtype, device=about.device)
    precision = width * torch.linalg.pinv((count - 1) * covariance + spread, hermitian=True)
    weight = means @ precision
    prior = -torch.log(weight.new_tensor(float(classes)))
    return weight, prior - (weight * means).sum(1) / 2


class Gda(FeatureLearner):
    """Buffers: weight (K, d), bias (K,), alpha (); where no class was learned, the texts alone answer."""

    weight: Tensor
    bias: Tensor
    alpha: Tensor

    def solve(self, examples: Examples, classes: ClassTexts) -> dict[str, str]:
        """Fit the discriminant, and choose its weight where none is given."""
        given, texts = self.config.alpha, unit(classes.features)
        alphas = ALPHAS if given is None else (given,)

        def logits(learned: Examples, features: Tensor) -> Iterator[Tensor]:
            weight, bias = discriminant(*views(learned), len(texts))
            zero_shot, found = self.scale * features @ texts.T, features.double() @ weight.T + bias
            yield from (zero_shot.double() + alpha * found for alpha in alphas)

        alpha, how = chosen(
            examples, self.config.held_out, self.seed, alphas, 1.0 if given is None else given, logits
        )  # fmt: skip
        weight, bias = discriminant(*views(examples), len(texts))
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.register_buffer("alpha", weight.new_tensor(alpha))
        return {"alpha": str(alpha), "how": how}

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        features, texts = unit(shots.features).double(), unit(classes.features).double()
        zero_shot = self.scale * features @ texts.T
        rows = self.rows_of(classes)
        return [
            zero_shot if rows is None else zero_shot + self.alpha * (features @ self.weight[rows].T + self.bias[rows])
        ]
