"""Probes whose weights start at the texts: a class that was not learned keeps its text as its weight.

Dims: B images, K classes, d width. s: the encoder's scale.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.methods.few_shot.features import FeatureLearner, unit
from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots
from pipeline.methods.probes.held_out import views


def beside(weight: Tensor, learned: Mapping[int, int], texts: Tensor) -> Tensor:
    """Weights (K, d) of the classes to choose from: what was learned of a class, else its text.

    Args:
        weight: (L, d) of the classes that were learned.
        learned: number of a class to choose -> its row.
        texts: (K, d) of the classes to choose from.
    """
    if not learned:
        return texts
    columns, rows = (torch.tensor(found, device=texts.device) for found in (list(learned), list(learned.values())))
    return texts.to(weight.dtype).index_put((columns,), weight[rows])


class ClassAdaptive(FeatureLearner):
    """logits = s cos(f, w_c);  loss = CE + mean_c lambda_c |w_c - t_c|^2.

    t_c is the text as the encoder gives it, not normalised. lambda_c is the mean probability that the texts alone give class c on
    the labelled images of c, all views: where the text is right, w_c stays near it. Parameter: weight (K, d).
    """

    weight: Tensor
    texts: Tensor
    trust: Tensor

    def begin(self, examples: Examples, classes: ClassTexts) -> None:
        """Start at the texts; lambda is known before the first step."""
        features, labels = views(examples)
        share = (self.scale * features @ unit(classes.features).T).softmax(-1)
        true = share.gather(1, labels[:, None])[:, 0]
        trust = torch.stack([true[labels == label].mean() for label in range(len(classes.features))])
        self.weight = nn.Parameter(classes.features.clone())
        self.register_buffer("texts", classes.features.clone())
        self.register_buffer("trust", trust)

    def penalty(self) -> Tensor:
        """mean_c lambda_c |w_c - t_c|^2."""
        return (self.trust * ((self.weight - self.texts) ** 2).sum(-1)).mean()

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        return [
            self.scale * unit(shots.features) @ unit(beside(self.weight, self.columns_of(classes), classes.features)).T
        ]


class CrossModal(FeatureLearner):
    """logits = s f w_c, w not normalised;  loss = CE of the images + CE of the class texts. Parameter: weight (K, d)."""

    weight: Tensor
    texts: Tensor

    def begin(self, examples: Examples, classes: ClassTexts) -> None:
        """Start at the unit texts, which are examples as well."""
        texts = unit(classes.features)
        self.weight = nn.Parameter(texts.clone())
        self.register_buffer("texts", texts)

    def penalty(self) -> Tensor:
        """Cross entropy of the texts, each the example of its class."""
        labels = torch.arange(len(self.texts), device=self.texts.device)
        return F.cross_entropy(self.scale * self.texts @ self.weight.T, labels)

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        return [
            self.scale * unit(shots.features) @ beside(self.weight, self.columns_of(classes), unit(classes.features)).T
        ]
