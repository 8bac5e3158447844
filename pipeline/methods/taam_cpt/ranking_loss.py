"""The ranking loss of TaAM-CPT, equation 4, without ever building B x N x N.

    L = 1/B  sum_b  sum_{i in c+}  sum_{j in c-}  max(0, m - s_bi + s_bj)

A sentence carries at most P labels (P <= 3), so the sum over positives is a short loop and everything else is B x N. The
gradient is written out: each violated pair (i, j) adds +1 to s_bj and -1 to s_bi. That saves autograd's copies, and the loop
stays within a small multiple of the two matrix products around it.

B: sentences of one modality in the batch, N: columns of the candidate set, P: most labels on one sentence.
"""

from typing import Any

import torch
from torch import Tensor


class RankingLoss(torch.autograd.Function):
    """`RankingLoss.apply(scores, positives, margin) -> (loss, active)`."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, positives: Tensor, margin: float) -> tuple[Tensor, Tensor]:
        """Sum over pairs, mean over sentences.

        Args:
            ctx: autograd's context.
            scores: (B, N) similarities.
            positives: (B, P) column numbers of each sentence's labels, padded with -1.
            margin: m.

        Returns:
            The loss, and the fraction of (positive, negative) pairs that violate the margin; both scalars.
        """
        rows, columns = scores.shape
        known = positives >= 0
        safe = positives.clamp_min(0)
        positive_scores = scores.gather(1, safe)  # (B, P)
        negatives = scores.clone()
        _cover(negatives, safe, known)
        grad = torch.zeros_like(scores)
        loss = scores.new_zeros(())
        active = scores.new_zeros(())
        hinge = torch.empty_like(scores)
        for p in range(positives.shape[1]):
            threshold = torch.where(known[:, p], positive_scores[:, p] - margin, torch.inf)
            torch.sub(negatives, threshold[:, None], out=hinge).clamp_min_(0)
            loss += hinge.sum()
            violated = hinge.sign_()  # 1 where the pair costs something, else 0
            count = violated.sum(1, keepdim=True)
            active += count.sum()
            grad += violated
            grad.scatter_add_(1, safe[:, p : p + 1], -count)
        labels = known.sum(1)
        pairs = (labels * (columns - labels)).sum().clamp_min(1)
        ctx.save_for_backward(grad)
        ctx.rows = rows
        fraction = active / pairs
        ctx.mark_non_differentiable(fraction)
        return loss / rows, fraction

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        """Scale the gradient that `forward` wrote down."""
        (grad,) = ctx.saved_tensors
        return grad * (grads[0] / ctx.rows), None, None


def ranking_loss(scores: Tensor, positives: Tensor, margin: float) -> tuple[Tensor, Tensor]:
    """Equation 4 for one modality: (loss, fraction of active pairs). See `RankingLoss.forward` for the arguments."""
    loss, active = RankingLoss.apply(scores, positives, margin)
    return loss, active


def _cover(scores: Tensor, safe: Tensor, known: Tensor) -> None:
    """Set the positives to -inf in place, so that they are nobody's negatives."""
    hidden = torch.where(known, -torch.inf, scores.gather(1, safe))
    # A padded entry points at column 0, which may be a real positive: scatter the smallest of the two.
    scores.scatter_reduce_(1, safe, hidden, "amin", include_self=True)
