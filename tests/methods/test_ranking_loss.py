"""Equation 4 against a loop over every pair, against the B x N x N form, and against finite differences."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from pipeline.methods.taam_cpt.ranking_loss import RankingLoss, ranking_loss


def every_pair(scores: Tensor, positives: Tensor, margin: float) -> tuple[Tensor, float]:
    total, active, pairs = scores.new_zeros(()), 0, 0
    for row, labels in zip(scores, positives.tolist(), strict=True):
        own = {i for i in labels if i >= 0}
        for i in own:
            for j in set(range(len(row))) - own:
                hinge = (margin - row[i] + row[j]).clamp_min(0)
                total, active, pairs = total + hinge, active + int(hinge > 0), pairs + 1
    return total / len(scores), active / max(pairs, 1)


def full_form(scores: Tensor, positives: Tensor, margin: float) -> Tensor:
    """The authors' B x N x N form."""
    is_positive = torch.zeros_like(scores, dtype=torch.bool)
    for row, labels in zip(is_positive, positives, strict=True):
        row[labels[labels >= 0]] = True
    hinge = (margin - scores[:, :, None] + scores[:, None, :]).clamp_min(0)
    pairs = is_positive[:, :, None] & ~is_positive[:, None, :]
    return (hinge * pairs).sum() / len(scores)


@st.composite
def problems(draw: st.DrawFn) -> tuple[Tensor, Tensor, float]:
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(2, 9))
    seed = draw(st.integers(0, 2**16))
    labels = [draw(st.lists(st.integers(0, columns - 1), max_size=3, unique=True)) for _ in range(rows)]
    positives = torch.tensor([[*row, -1, -1, -1][:3] for row in labels])
    scores = torch.randn(rows, columns, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    return scores.requires_grad_(), positives, draw(st.sampled_from([0.1, 1.0, 3.0]))


@given(problems())
@settings(max_examples=60, deadline=None)
def test_equals_the_loop_over_every_pair(problem: tuple[Tensor, Tensor, float]) -> None:
    scores, positives, margin = problem
    loss, active = ranking_loss(scores, positives, margin)
    expected, expected_active = every_pair(scores, positives, margin)
    torch.testing.assert_close(loss, expected, rtol=1e-12, atol=1e-12)
    assert float(active) == pytest.approx(expected_active)
    grad = torch.autograd.grad(loss, scores)[0]
    if expected.requires_grad:
        torch.testing.assert_close(grad, torch.autograd.grad(expected, scores)[0], rtol=1e-12, atol=1e-12)
    else:
        assert not grad.any()


def test_equals_the_full_form_at_the_papers_size() -> None:
    torch.manual_seed(0)
    scores = (4 * torch.randn(64, 530) / 22).requires_grad_()
    positives = torch.stack([torch.randperm(530)[:3] for _ in range(64)])
    loss, _ = ranking_loss(scores, positives, 1.0)
    expected = full_form(scores, positives, 1.0)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=0)
    grad, expected_grad = (torch.autograd.grad(x, scores)[0] for x in (loss, expected))
    torch.testing.assert_close(grad, expected_grad, rtol=0, atol=1e-6)


def test_finite_differences() -> None:
    torch.manual_seed(1)
    scores = torch.randn(3, 7, dtype=torch.float64, requires_grad=True)
    positives = torch.tensor([[2, 5, -1], [0, -1, -1], [6, 1, 3]])
    assert torch.autograd.gradcheck(lambda s: RankingLoss.apply(s, positives, 1.0)[0], (scores,))


def test_the_order_of_labels_and_padding_does_not_matter() -> None:
    torch.manual_seed(2)
    scores = torch.randn(1, 8)
    values = [ranking_loss(scores, torch.tensor([p]), 1.0)[0] for p in ([0, 3, -1], [3, 0, -1], [-1, 3, 0])]
    torch.testing.assert_close(values[0], values[1])
    torch.testing.assert_close(values[0], values[2])
