"""The uni-directional inter-modal loss of TaAM-CPT, equations 7 and 8.

The prompts of the strong modality's labels, as the weak modality's pool holds them, are pulled to the same labels in the
strong pool: a cross entropy along the rows of  S = k * Pn_weak Pn_strong^T  whose target is the diagonal, on some rows only.
Neither pool is detached; "uni-directional" is the direction of the softmax (docs/architecture.md, "TaAM-CPT").

Where encoders have outputs of unequal width, prompts of two pools have no cosine. Then `profiles` take their place: how a class
resembles all others within its own pool, which needs no common width.

N: columns of the candidate set, R: rows kept, d: width of the shared space.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.labels import Candidates

FLAT = 1e-2
"""Length below which a profile is not stretched to 1: classes that are all alike resemble nothing, and noise would be a guide."""


def inter_loss(weak: Tensor, strong: Tensor, rows: Tensor, scale: float, reduction: str) -> Tensor:
    """Cross entropy of the kept rows.

    Args:
        weak: (N, d) pool of the weak modality, rows of unit length; or its profiles (N, N).
        strong: (N, d) pool of a stronger one, rows of unit length; or its profiles.
        rows: (R,) column numbers whose rows count; the softmax runs over all N columns.
        scale: k = 1/tau.
        reduction: "sum" or "mean" over the rows.
    """
    similarity = scale * weak[rows] @ strong.T  # (R, N)
    return F.cross_entropy(similarity, rows, reduction=reduction)


def profiles(pool: Tensor, groups: Tensor) -> Tensor:
    """What equation 7 compares where widths differ: each class by its similarities with the others.

        h_ij = p_i.p_j - mean_{l of j's modality, l != i} p_i.p_l  for j != i,   h_ii = 0,   row i divided by max(|h_i|, FLAT)

    Means are taken modality by modality: in every pool its own classes are near each other and far from the negatives, which
    would else be all that a profile tells.

    Args:
        pool: (N, d) rows of unit length.
        groups: (N,) number of each column's modality.

    Returns:
        (N, N) rows of length 1, or shorter where a class resembles all others of a modality alike.
    """
    itself = torch.eye(len(pool), dtype=torch.bool, device=pool.device)
    cosines = (pool @ pool.T).masked_fill(itself, 0)
    members = F.one_hot(groups).to(cosines.dtype)  # (N, modalities)
    others = (members.sum(dim=0) - members).clamp_min(1)
    means = (cosines @ members / others) @ members.T
    return F.normalize((cosines - means).masked_fill(itself, 0), dim=-1, eps=FLAT)


def inter_rows(candidates: Candidates, weak: str, strong: str, rule: str) -> Sequence[int]:
    """Which rows count: the strong modality's own labels (`matching`), or all but the weak one's (`all-strong`)."""
    if rule == "matching":
        return candidates.indices(strong)
    return [i for i, column in enumerate(candidates.columns) if column.modality != weak]
