"""Prompts as further keys and values are prompts as tokens whose outputs are dropped; each row's are its own."""

import pytest
import torch
from concatenated import BLOCKS
from random_towers import KINDS, SHAPES, blocks_of, model_of, tower_of

from pipeline.encoders.stepped.base import run

CLOSE = {"atol": 1e-12, "rtol": 0}
CASES = [(kind, bias) for kind in KINDS for bias in ("mean", "zero") if kind != "vit" or bias == "mean"]


def given(shape, rows, prompts, seed):
    draw = torch.Generator().manual_seed(seed)
    tokens = torch.randn(rows, shape.tokens, shape.width, generator=draw, dtype=torch.float64)
    own = torch.randn(rows, prompts, shape.width, generator=draw, dtype=torch.float64)
    return tokens.requires_grad_(), own.requires_grad_()


@pytest.mark.parametrize(("kind", "bias"), CASES)
def test_values_and_gradients_are_those_of_concatenation(kind, bias):
    model = model_of(kind).double()
    tower, blocks = tower_of(kind, model, bias), blocks_of(kind, model)
    shifted = 0
    for index, shape in enumerate(SHAPES[kind].blocks[:6]):
        tokens, own = given(shape, rows=2, prompts=3, seed=index)
        found = tower.block(index, tokens, own)
        wanted = BLOCKS[kind](blocks[index], tokens, own, shape.grid, bias)
        torch.testing.assert_close(found, wanted, **CLOSE)
        weights = torch.randn(found.shape, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
        ours = torch.autograd.grad((found * weights).sum(), (tokens, own))
        theirs = torch.autograd.grad((wanted * weights).sum(), (tokens, own))
        for one, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(one, other, atol=1e-11, rtol=0)
            assert other.abs().max() > 1e-3
        shifted += any(shape.shift)
    assert kind == "vit" or shifted >= 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_has_its_own_prompts_in_every_window(kind, towers):
    """Row i of a batch is row i alone: prompts that are dealt out to windows in another order than rows go to wrong rows."""
    tower = towers[kind]
    for index, shape in enumerate(SHAPES[kind].blocks):
        tokens, own = given(shape, rows=3, prompts=4, seed=index)
        with torch.no_grad():
            together = tower.block(index, tokens, own)
            alone = torch.cat([tower.block(index, tokens[i : i + 1], own[i : i + 1]) for i in range(3)])
            others = tower.block(index, tokens, own[[1, 2, 0]])
        torch.testing.assert_close(together, alone, **CLOSE)
        assert ((together - others).abs().amax(dim=(1, 2)) > 1e-3).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_prompts_may_change_from_call_to_call(kind, towers):
    """The joined biases are kept; those of another number must not be taken for them."""
    tower, shape = towers[kind], SHAPES[kind].blocks[1]
    tokens, own = given(shape, rows=2, prompts=5, seed=0)
    with torch.no_grad():
        first = [tower.block(1, tokens, own[:, :p]) for p in (5, 2, 0)]
        again = [tower.block(1, tokens, own[:, :p]) for p in (0, 2, 5)][::-1]
        assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
        assert torch.equal(first[2], tower.block(1, tokens))
    assert (first[0] - first[1]).abs().max() > 1e-3


def test_a_bias_of_zero_starves_prompts_where_the_network_s_biases_are_large():
    """C7: the mean is the default, because Swin-V2's own biases lie between 0 and 16."""
    moved = {}
    for bias in ("mean", "zero"):
        model = model_of("swin-v2").double()
        for block in blocks_of("swin-v2", model):
            block.attn.cpb_mlp[2].weight.data.abs_()  # all of them large
        tower = tower_of("swin-v2", model, bias)
        tokens, own = given(SHAPES["swin-v2"].blocks[0], rows=2, prompts=4, seed=0)
        moved[bias] = (tower.block(0, tokens, own) - tower.block(0, tokens)).abs().mean().item()
    assert moved["mean"] > 2 * moved["zero"] > 0


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_the_prompts_of_every_block_and_nothing_of_the_tower(kind, towers):
    tower = towers[kind]
    width = [block.width for block in tower.shape.blocks]
    prompts = [torch.randn(2, 2, c, dtype=torch.float64).requires_grad_() for c in width]
    x = given(tower.shape.blocks[0], rows=2, prompts=1, seed=0)[0].detach()
    for index, own in enumerate(prompts):
        x = tower.block(index, tower.between(index, x), own)
    tower.leave(x).square().sum().backward()
    assert all(own.grad is not None and own.grad.abs().max() > 0 for own in prompts)
    with torch.no_grad():
        assert run(tower, given(tower.shape.blocks[0], 2, 1, 0)[0]).shape == (2, tower.shape.tokens, tower.shape.width)
