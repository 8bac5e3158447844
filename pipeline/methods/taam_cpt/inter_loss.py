"""The uni-directional inter-modal loss of TaAM-CPT, equations 7 and 8.

The prompts of the strong modality's labels, as the weak modality's pool holds them, are pulled to the same labels in the
strong pool: a cross entropy along the rows of  S = k * Pn_weak Pn_strong^T  whose target is the diagonal, on some rows only.
Neither pool is detached; "uni-directional" is the direction of the softmax (docs/architecture.md, "TaAM-CPT").

N: columns of the candidate set, R: rows kept, d: width of the shared space.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from pipeline.labels import Candidates


def inter_loss(weak: Tensor, strong: Tensor, rows: Tensor, scale: float, reduction: str) -> Tensor:
    """Cross entropy of the kept rows.

    Args:
        weak: (N, d) pool of the weak modality, rows of unit length.
        strong: (N, d) pool of a stronger one, rows of unit length.
        rows: (R,) column numbers whose rows count; the softmax runs over all N columns.
        scale: k = 1/tau.
        reduction: "sum" or "mean" over the rows.
    """
    similarity = scale * weak[rows] @ strong.T  # (R, N)
    return F.cross_entropy(similarity, rows, reduction=reduction)


def inter_rows(candidates: Candidates, weak: str, strong: str, rule: str) -> Sequence[int]:
    """Which rows count: the strong modality's own labels (`matching`), or all but the weak one's (`all-strong`)."""
    if rule == "matching":
        return candidates.indices(strong)
    return [i for i, column in enumerate(candidates.columns) if column.modality != weak]
