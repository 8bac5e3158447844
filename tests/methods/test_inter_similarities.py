"""Guidance through class similarities, where encoders differ in width: worked out in float64 by loops, and where gradients go."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.methods.taam_cpt.inter_loss import FLAT, inter_loss, profiles
from pipeline.methods.taam_cpt.model import TaamCpt

CANDIDATES = Candidates.of({"video": ["run", "sit"], "image": ["cat", "dog", "cow"], "audio": ["bark", "rain"]})
OWN = {"video": [0, 1], "image": [2, 3, 4], "audio": [5, 6]}
GROUPS = torch.tensor([0, 0, 1, 1, 1, 2, 2])
WIDTHS = {"video": 6, "image": 9, "audio": 4}
Pools = dict[str, NDArray[np.float64]]


def pools_of(seed: int = 3) -> Pools:
    rng = np.random.default_rng(seed)
    return {m: rng.normal(size=(7, width)) for m, width in WIDTHS.items()}


def resembles(pool: NDArray[np.float64]) -> list[list[float]]:
    """Each class's cosines with the others, less their mean over each modality, at unit length; by loops over numbers."""
    found = []
    for i, own in enumerate(pool):
        row = [0.0] * len(pool)
        for columns in OWN.values():
            others = [j for j in columns if j != i]
            cosines = [
                float(sum(own * pool[j])) / math.sqrt(sum(own**2)) / math.sqrt(sum(pool[j] ** 2)) for j in others
            ]
            for j, cosine in zip(others, cosines, strict=True):
                row[j] = cosine - sum(cosines) / len(cosines)
        length = max(math.sqrt(sum(value**2 for value in row)), FLAT)
        found.append([value / length for value in row])
    return found


def by_hand(pools: Pools, weak: str, strong: str, rows: list[int], scale: float) -> float:
    ours, theirs, total = resembles(pools[weak]), resembles(pools[strong]), 0.0
    for i in rows:
        logits = [scale * sum(a * b for a, b in zip(ours[i], each, strict=True)) for each in theirs]
        total += math.log(sum(math.exp(x) for x in logits)) - logits[i]
    return total


def test_profiles_and_loss_are_the_formula() -> None:
    pools, rows = pools_of(), [2, 3, 4]
    units = {m: F.normalize(torch.from_numpy(p), dim=-1) for m, p in pools.items()}
    for m, pool in pools.items():
        found = profiles(units[m], GROUPS)
        assert found.dtype == torch.float64 and np.abs(found.numpy() - np.array(resembles(pool))).max() < 1e-12
    for scale, reduction in ((4.6052, "sum"), (30.0, "mean")):
        loss = inter_loss(
            profiles(units["video"], GROUPS), profiles(units["image"], GROUPS), torch.tensor(rows), scale, reduction
        )  # widths 6 and 9
        expected = by_hand(pools, "video", "image", rows, scale) / (3 if reduction == "mean" else 1)
        assert float(loss.detach()) == pytest.approx(expected, abs=1e-10)


def test_the_gradient_is_that_of_finite_differences_and_reaches_the_weak_modality_s_own_classes() -> None:
    pools, step = pools_of(), 1e-6
    leaves = {m: torch.from_numpy(p).requires_grad_() for m, p in pools.items()}
    rows = torch.tensor([2, 3, 4])
    ours, theirs = (profiles(F.normalize(leaves[m], dim=-1), GROUPS) for m in ("video", "image"))
    inter_loss(ours, theirs, rows, 4.6052, "sum").backward()
    for m in ("video", "image"):
        expected = np.zeros_like(pools[m])
        for place in np.ndindex(*pools[m].shape):
            moved = []
            for sign in (1, -1):
                other = {name: pool.copy() for name, pool in pools.items()}
                other[m][place] += sign * step
                moved.append(by_hand(other, "video", "image", [2, 3, 4], 4.6052))
            expected[place] = (moved[0] - moved[1]) / (2 * step)
        assert leaves[m].grad is not None
        np.testing.assert_allclose(leaves[m].grad.numpy(), expected, atol=1e-7)
    # Equation 7 leaves these rows alone: only the strong modality's labels are compared there.
    assert leaves["video"].grad is not None and leaves["video"].grad[[0, 1]].abs().min() > 1e-4


def test_equal_similarities_cost_least_whatever_the_width() -> None:
    """A pool and a turned copy of it in a wider space have the same profiles, though no cosine joins them."""
    pool = F.normalize(torch.from_numpy(pools_of()["video"]), dim=-1)
    turned, _ = torch.linalg.qr(torch.randn(11, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)))
    wide = pool @ turned.T
    torch.testing.assert_close(profiles(pool, GROUPS), profiles(wide, GROUPS))
    rows = torch.arange(7)
    least = inter_loss(profiles(pool, GROUPS), profiles(wide, GROUPS), rows, 30.0, "mean")
    for shift in range(1, 7):
        assert least < inter_loss(profiles(pool, GROUPS), profiles(wide.roll(shift, 0), GROUPS), rows, 30.0, "mean")


def test_prompts_that_are_all_alike_guide_nobody_and_stay_finite() -> None:
    pool = torch.full((5, 4), 0.5, dtype=torch.float64, requires_grad=True)
    found = profiles(F.normalize(pool, dim=-1), torch.zeros(5, dtype=torch.long))
    loss = inter_loss(found, found, torch.arange(5), 4.6052, "mean")
    assert float(loss.detach()) == pytest.approx(math.log(5))
    loss.backward()
    assert pool.grad is not None and pool.grad.abs().max() < 1e-6
    one = profiles(F.normalize(torch.randn(1, 3), dim=-1), torch.zeros(1, dtype=torch.long))
    assert one.tolist() == [[0.0]]


@pytest.mark.parametrize("both_ways", [False, True])
def test_the_model_guides_pools_of_unequal_width(both_ways: bool) -> None:
    options = {"weak": "video", "inter_through": "similarities", "both_ways": both_ways}
    config = TaamCptConfig.model_validate(options)
    model = TaamCpt(config, CANDIDATES, WIDTHS).double()
    pools = pools_of()
    with torch.no_grad():
        for m, pool in pools.items():
            model.pools.vectors[m].copy_(torch.from_numpy(pool))
    loss, parts = model({})
    pairs = [("video", "image", [2, 3, 4]), ("video", "audio", [5, 6])]
    pairs += [("image", "video", [0, 1]), ("audio", "video", [0, 1])] if both_ways else []
    expected = {f"inter/{w}->{s}": 0.5 * by_hand(pools, w, s, rows, 4.6052) for w, s, rows in pairs}
    assert {name: float(value) for name, value in parts.items() if name != "loss"} == pytest.approx(expected, abs=1e-9)
    loss.backward()
    assert all(vectors.grad is not None and vectors.grad.any(1).all() for vectors in model.pools.vectors.values())


def test_the_choice_names_checkpoints_only_where_it_changes_them() -> None:
    def fields(**options: object) -> dict[str, object]:
        return TaamCptConfig.model_validate(options).naming_fields()

    assert fields() == fields(inter_through="features") == fields(inter_through="auto")
    assert "inter_through" not in fields()
    assert fields(inter_through="similarities") == fields() | {"inter_through": "similarities"}
    for off in ({"weak": None}, {"lambda_inter": 0.0}):
        assert fields(inter_through="similarities", **off) == fields(**off)
