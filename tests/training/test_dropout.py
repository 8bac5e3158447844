"""Dropout as a function of a step's number: the same wherever and whenever, of the right share, with the same mean."""

import pytest
import torch

from pipeline.training.dropout import Drops, draw_of, dropped


def test_a_step_s_number_is_its_own():
    numbers = {draw_of(seed, epoch, step) for seed in range(5) for epoch in range(1, 9) for step in range(20)}
    assert len(numbers) == 5 * 8 * 20
    assert all(0 <= number < 2**63 for number in numbers)
    assert draw_of(0, 1, 0) == 8586695780645454549  # on every machine, in every version
    assert draw_of(1, 11, 0) != draw_of(11, 1, 0)


def test_equal_numbers_drop_the_same_whatever_torch_drew_before():
    x = torch.ones(40, 30)
    torch.manual_seed(1)
    first = [dropped(x, share, drops) for drops in (Drops(7),) for share in (0.2, 0.5)]
    state = torch.get_rng_state()
    again = [dropped(x, share, drops) for drops in (Drops(7),) for share in (0.2, 0.5)]
    assert all(torch.equal(*pair) for pair in zip(first, again, strict=True))
    assert torch.equal(state, torch.get_rng_state())
    assert not torch.equal(first[0] == 0, first[1] == 0)  # one mask after the other
    assert not torch.equal(dropped(x, 0.2, Drops(8)), first[0])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_what_is_left_is_raised_so_that_the_mean_stays(share):
    x = torch.full((400, 500), 2.0)
    left = dropped(x, share, Drops(3))
    assert left.unique().tolist() == pytest.approx([0.0, 2 / (1 - share)])
    assert float((left == 0).float().mean()) == pytest.approx(share, abs=0.005)
    assert float(left.mean()) == pytest.approx(2, rel=0.03)


def test_nothing_is_dropped_where_nothing_is_to_be():
    x, drops = torch.randn(3, 4), Drops(1)
    assert dropped(x, 0.5, None) is x and dropped(x, 0, drops) is x
    assert torch.equal(dropped(torch.ones(9), 0.5, drops), dropped(torch.ones(9), 0.5, Drops(1)))


def test_gradients_go_where_numbers_are_left():
    x = torch.ones(100, dtype=torch.bfloat16, requires_grad=True)
    left = dropped(x, 0.5, Drops(2))
    left.sum().backward()
    assert left.dtype == torch.bfloat16 and torch.equal(x.grad, left.detach())
