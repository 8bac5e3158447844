"""Tip-Adapter and Tip-Adapter-F.

    logits = s f t^T + alpha exp(-beta (1 - f F^T)) L

s: the encoder's scale, f (B, d) unit features of images, t (K, d) of texts, F (n, d) keys: the labelled images' mean over their
views, L (n, K) their classes. To a class that was not learned the cache says nothing: its column of L is zero.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from pipeline.methods.few_shot.features import FeatureLearner, unit
from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots
from pipeline.methods.probes.held_out import chosen, mean_views

ALPHAS = tuple(round(0.25 * step, 2) for step in range(1, 13))
BETAS = tuple(round(0.5 * step, 2) for step in range(1, 15))
"""The authors try 20 values up to 3 and 200 up to 7; on the few images that are held out, finer steps tell nothing apart."""
_DEFAULT = (1.17, 1.0)


class TipAdapter(FeatureLearner):
    """Buffers: keys (n, d), rows (n,) classes of the keys, weights (2,) alpha and beta."""

    keys: Tensor
    rows: Tensor
    weights: Tensor

    def solve(self, examples: Examples, classes: ClassTexts) -> dict[str, str]:
        """Keep the cache, and choose what is not given."""
        alphas = ALPHAS if self.config.alpha is None else (self.config.alpha,)
        betas = BETAS if self.config.beta is None else (self.config.beta,)
        pairs, texts = [(alpha, beta) for alpha in alphas for beta in betas], unit(classes.features)
        default = (
            self.config.alpha if self.config.alpha is not None else _DEFAULT[0], self.config.beta or _DEFAULT[1]
        )  # fmt: skip

        def logits(learned: Examples, features: Tensor) -> Iterator[Tensor]:
            keys, marks = mean_views(learned), _one_hot(learned.labels, len(texts), features)
            zero_shot, near = self.scale * features @ texts.T, features @ keys.T
            found = {beta: torch.exp(-beta * (1 - near)) @ marks for beta in betas}
            yield from (zero_shot + alpha * found[beta] for alpha, beta in pairs)

        (alpha, beta), how = chosen(examples, self.config.held_out, self.seed, pairs, default, logits)
        self._keep(mean_views(examples), examples.labels, alpha, beta)
        return {"alpha": str(alpha), "beta": str(beta), "how": how}

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        features, texts = unit(shots.features), unit(classes.features)
        alpha, beta = self.weights
        near = torch.exp(-beta * (1 - features @ self.keys.T))
        marks = near.new_zeros(len(self.rows), len(texts))
        for column, row in self.columns_of(classes).items():
            marks[:, column] = (self.rows == row).to(near.dtype)
        return [self.scale * features @ texts.T + alpha * near @ marks]

    def _keep(self, keys: Tensor, rows: Tensor, alpha: float, beta: float) -> None:
        self.register_buffer("keys", keys)
        self.register_buffer("rows", rows)
        self.register_buffer("weights", keys.new_tensor([alpha, beta]))


class TipAdapterF(TipAdapter):
    """The same with keys that are parameters, and weights that are given."""

    def begin(self, examples: Examples, classes: ClassTexts) -> None:
        """Start from the cache."""
        self._keep(mean_views(examples), examples.labels, self.config.alpha, self.config.beta)
        keys = self.keys
        del self.keys
        self.keys = nn.Parameter(keys)


def _one_hot(labels: Tensor, classes: int, like: Tensor) -> Tensor:
    return torch.nn.functional.one_hot(labels, classes).to(like.dtype)
