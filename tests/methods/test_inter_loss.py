"""Equation 7 written out with exponentials, the rows that count, and where gradients go."""

import math

import pytest
import torch
import torch.nn.functional as F

from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.inter_loss import inter_loss, inter_rows

CANDIDATES = Candidates.of({"image": ["cat", "dog"], "audio": ["bark"], "video": ["run", "sit", "jump"]})


def by_the_paper(weak: torch.Tensor, strong: torch.Tensor, rows: list[int], scale: float) -> list[float]:
    losses = []
    for i in rows:
        weights = [math.exp(scale * float(torch.cosine_similarity(weak[i], p, dim=0))) for p in strong]
        losses.append(-math.log(weights[i] / sum(weights)))
    return losses


def test_columns_run_video_image_audio() -> None:
    assert [c.label for c in CANDIDATES.columns] == ["run", "sit", "jump", "cat", "dog", "bark"]


@pytest.mark.parametrize(
    ("strong", "rule", "expected"),
    [("image", "matching", [3, 4]), ("audio", "matching", [5]), ("image", "all-strong", [3, 4, 5])],
)
def test_rows(strong: str, rule: str, expected: list[int]) -> None:
    assert list(inter_rows(CANDIDATES, "video", strong, rule)) == expected


@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("scale", [4.6052, 100.0])
def test_equals_equation_7(reduction: str, scale: float) -> None:
    torch.manual_seed(0)
    weak, strong = (F.normalize(torch.randn(6, 5, dtype=torch.float64), dim=-1) for _ in range(2))
    losses = by_the_paper(weak, strong, [3, 4], scale)
    expected = sum(losses) / (len(losses) if reduction == "mean" else 1)
    assert float(inter_loss(weak, strong, torch.tensor([3, 4]), scale, reduction)) == pytest.approx(expected, rel=1e-9)


def test_gradients_reach_both_pools_and_only_kept_rows_of_the_weak_one() -> None:
    torch.manual_seed(0)
    weak, strong = (torch.randn(6, 5, dtype=torch.float64, requires_grad=True) for _ in range(2))
    loss = inter_loss(weak, strong, torch.tensor([3, 4]), 4.6052, "sum")
    weak_grad, strong_grad = torch.autograd.grad(loss, (weak, strong))
    assert weak_grad[[3, 4]].abs().min() > 0
    assert not weak_grad[[0, 1, 2, 5]].any()
    assert strong_grad.abs().sum(1).min() > 0  # the softmax runs over all N columns


def test_finite_differences() -> None:
    torch.manual_seed(0)
    pools = tuple(torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(lambda a, b: inter_loss(a, b, torch.tensor([1, 2]), 4.6, "sum"), pools)


def test_cannot_fall_below_the_floor_of_530_columns() -> None:
    """METHODS 1f-8: with scale ln(100) and 530 orthogonal classes a row's loss is about 1.84 at best."""
    pool = torch.eye(530, dtype=torch.float64)
    loss = inter_loss(pool, pool, torch.arange(530), 4.6052, "mean")
    assert float(loss) == pytest.approx(math.log(1 + 529 * math.exp(-4.6052)), rel=1e-9)
    assert float(loss) == pytest.approx(1.84, abs=0.005)
