"""Multinomial logistic regression on unit features, solved by L-BFGS in float64: min C sum_i CE(f_i W^T + b) + |W|^2 / 2.

Dims: m views, d width, K classes.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.methods.few_shot.features import FeatureLearner, unit
from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots
from pipeline.methods.probes.held_out import chosen, views

CS = tuple(10.0**power for power in range(-1, 6))
_DEFAULT, _STEPS = 100.0, 1000
_END, _ROUGH = 1e-9, 1e-6
"""Slopes at which the solution is taken, and those at which values of C are told apart."""


def regression(
    features: Tensor, labels: Tensor, classes: int, c: float, start: Tensor | None = None, slope: float = _END
) -> Tensor:
    """(K, d + 1) weights and, last, biases, which no penalty holds.

    Features are taken about their mean, which only moves the biases: unit vectors in a cone have one direction that hides the
    others.

    The loss is divided by C m, so that one tolerance fits every C.

    Args:
        features: (m, d).
        labels: int64 (m,).
        classes: K.
        c: inverse strength of the penalty.
        start: from where; zeros by default.
        slope: it ends where none is steeper, or where a step changes nothing.
    """
    mean = features.double().mean(0)
    features = features.double() - mean
    found = features.new_zeros(classes, features.shape[1] + 1) if start is None else _moved(start, mean)
    found.requires_grad_(True)
    optimiser = torch.optim.LBFGS(
        [found], max_iter=_STEPS, tolerance_grad=slope, tolerance_change=1e-15, history_size=20,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def loss() -> Tensor:
        optimiser.zero_grad()
        weight, bias = found[:, :-1], found[:, -1]
        value = F.cross_entropy(features @ weight.T + bias, labels) + (weight**2).sum() / (2 * c * len(labels))
        value.backward()
        return value

    with torch.enable_grad():
        optimiser.step(loss)
    return _moved(found.detach(), -mean)


def _moved(weight: Tensor, by: Tensor) -> Tensor:
    """The same classifier for features that are less by a vector (d,)."""
    return torch.cat([weight[:, :-1], (weight[:, -1] + weight[:, :-1] @ by)[:, None]], dim=1)


class LinearProbe(FeatureLearner):
    """Buffer: weight (K, d + 1). It knows the classes that it learned and no other."""

    weight: Tensor

    def solve(self, examples: Examples, classes: ClassTexts) -> dict[str, str]:
        """Fit it to all views, and choose the penalty where none is given."""
        count, given = len(classes.features), self.config.c
        values = CS if given is None else (given,)

        def logits(learned: Examples, features: Tensor) -> Iterator[Tensor]:
            rows, labels = views(learned)
            weight = None
            for c in values:
                weight = regression(rows, labels, count, c, weight, _ROUGH)
                yield features.double() @ weight[:, :-1].T + weight[:, -1]

        c, how = chosen(
            examples, self.config.held_out, self.seed, values, _DEFAULT if given is None else given, logits
        )  # fmt: skip
        self.register_buffer("weight", regression(*views(examples), count, c))
        return {"c": str(c), "how": how}

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        rows = self.rows_of(classes)
        assert rows is not None, "the task asks `why_not` first"
        weight = self.weight[rows]
        return [unit(shots.features).double() @ weight[:, :-1].T + weight[:, -1]]
