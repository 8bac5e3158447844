"""LP++: logits = f w_c + b_c + alpha_c f t_c, by gradient descent on two blocks whose rates follow from the features.

f (n, d) unit features, an image the mean of its views; t (K, d) unit texts. w starts at the sum of its class's features, b at 0,
every alpha at 250 times the mean over the classes of the mean of f t_c over the images of c. w and b step every epoch, with
momentum 0.9 and the rate 4 n / lambda_max(f^T f); alpha every tenth, with the rate n / (4 max_c sum_i (f_i t_c)^2).

Two things of the released code are otherwise here: it adds alpha's gradients up over all epochs, and draws the first b. Solved in
float64.
"""

from collections.abc import Iterator
from itertools import islice

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.methods.few_shot.features import FeatureLearner, unit
from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots
from pipeline.methods.probes.held_out import chosen, mean_views

_MOMENTUM, _EVERY = 0.9, 10
Blocks = tuple[Tensor, Tensor]
"""Weights (K, d + 1), biases last; alpha (K,)."""


def descent(features: Tensor, labels: Tensor, texts: Tensor) -> Iterator[Blocks]:
    """Both blocks after every epoch, without end; gradients by the formula: dCE/dlogits = (softmax - one hot) / n.

    Args:
        features: float64 (n, d).
        labels: int64 (n,).
        texts: float64 (K, d).
    """
    count, classes = len(labels), len(texts)
    true, near = F.one_hot(labels, classes).to(features.dtype), features @ texts.T
    ones = torch.cat([features, features.new_ones(count, 1)], dim=1)
    weight = torch.cat([true.T @ features, features.new_zeros(classes, 1)], dim=1)
    start = (true * near).sum(0) / true.sum(0)
    alpha = (250 * start.mean()).repeat(classes)
    rate = 4 * count / torch.linalg.eigvalsh(features.T @ features)[-1]
    alpha_rate = count / (4 * (near**2).sum(0).max())
    velocity = torch.zeros_like(weight)
    for epoch in range(1, 1_000_000_000):
        slope = ((ones @ weight.T + alpha * near).softmax(-1) - true) / count
        velocity = _MOMENTUM * velocity + slope.T @ ones
        weight = weight - rate * velocity
        if epoch % _EVERY == 0:
            alpha = alpha - alpha_rate * (slope * near).sum(0)
        yield weight, alpha


def scores(features: Tensor, texts: Tensor, blocks: Blocks) -> Tensor:
    """Logits (B, K)."""
    weight, alpha = blocks
    return features @ weight[:, :-1].T + weight[:, -1] + alpha * (features @ texts.T)


class LpPlus(FeatureLearner):
    """Buffers: weight (K, d + 1), alpha (K,); where no class was learned, the texts alone answer."""

    weight: Tensor
    alpha: Tensor

    def solve(self, examples: Examples, classes: ClassTexts) -> dict[str, str]:
        """Descend as many epochs as were best on what is held out."""
        texts, most = unit(classes.features).double(), self.config.epochs

        def logits(learned: Examples, features: Tensor) -> Iterator[Tensor]:
            steps = descent(mean_views(learned).double(), learned.labels, texts)
            yield from (scores(features.double(), texts, blocks) for blocks in islice(steps, most))

        epochs, how = chosen(examples, self.config.held_out, self.seed, range(1, most + 1), most, logits)
        steps = descent(mean_views(examples).double(), examples.labels, texts)
        weight, alpha = next(islice(steps, epochs - 1, None))
        self.register_buffer("weight", weight)
        self.register_buffer("alpha", alpha)
        return {"epochs": str(epochs), "how": how}

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        features, texts, rows = unit(shots.features).double(), unit(classes.features).double(), self.rows_of(classes)
        if rows is None:
            return [self.scale * features @ texts.T]
        return [scores(features, texts, (self.weight[rows], self.alpha[rows]))]
