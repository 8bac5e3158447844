"""Label-aware contrastive loss of the miniature encoders.

Plain InfoNCE learns colours first and classes late, because colours tell a batch apart more easily. So half the mass
of the softmax's targets lies on all captions that name the same classes.

Dims: b batch, k classes, d shared space.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def label_overlap(media: Tensor, texts: Tensor) -> Tensor:
    """Jaccard overlap of label sets, (b, b): row i compares media i with every text."""
    both = media @ texts.T
    return both / (media.sum(1, keepdim=True) + texts.sum(1) - both).clamp(min=1)


def contrastive_loss(media: Tensor, text: Tensor, scale: Tensor, overlap: Tensor) -> Tensor:
    """CLIP's symmetric loss with targets that are half the own pair and half all pairs of the same classes."""
    logits = scale * F.normalize(media, dim=-1) @ F.normalize(text, dim=-1).T
    own = torch.eye(len(logits), device=logits.device)
    losses = []
    for scores, weights in ((logits, overlap), (logits.T, overlap.T)):
        weights = weights**2
        target = 0.5 * own + 0.5 * weights / weights.sum(1, keepdim=True).clamp(min=1e-6)
        losses.append(-(target * F.log_softmax(scores, dim=1)).sum(1).mean())
    return (losses[0] + losses[1]) / 2


def multi_hot(labels: Sequence[tuple[str, ...]], classes: tuple[str, ...]) -> Tensor:
    """Label sets as float rows (b, k)."""
    index = {name: k for k, name in enumerate(classes)}
    rows = torch.zeros(len(labels), len(classes))
    for row, names in zip(rows, labels, strict=True):
        row[[index[name] for name in names]] = 1.0
    return rows
