"""What the loss has besides the paper's: distillation, by finite differences, and label smoothing."""

import pytest
import torch
from mov_world import FLOW, FRAMES, D, batch, learner, numbers

from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.losses import distance
from pipeline.methods.mov.texts import cosines


def test_distillation_is_off_by_default_and_its_gradient_is_that_of_finite_differences() -> None:
    assert MovOptions().distillation == 0 and "distance" not in learner(FLOW)(batch(FLOW))[1]
    v, m = numbers(3, FRAMES, D, seed=1), numbers(3, D, seed=2).requires_grad_()
    (gradient,) = torch.autograd.grad(distance(m, v, FLOW), m)
    mean = v.mean(1)
    step = 1e-6
    for row in range(3):
        for column in range(D):
            shift = torch.zeros_like(m)
            shift[row, column] = step
            up, down = (
                sum(1 - (z @ u) / (z.norm() * u.norm()) for z, u in zip(m + sign * shift, mean, strict=True)) / 3
                for sign in (1, -1)
            )
            assert gradient[row, column].item() == pytest.approx(((up - down) / (2 * step)).item(), abs=1e-9)


def test_distillation_reaches_the_head_as_finite_differences_say() -> None:
    made, given = learner(FLOW, distillation=0.7), batch(FLOW)
    plain = learner(FLOW)
    plain.load_state_dict(made.state_dict())
    total, parts = made(given)
    assert total.item() == pytest.approx(plain(given)[0].item() + 0.7 * parts["distance"].item(), abs=1e-12)
    total.backward()
    weight = made.head.video_reads.mlp.out.weight
    with torch.no_grad():
        for place in ((0, 0), (3, 7), (5, 20)):
            before, found = weight[place].item(), []
            for shift in (1e-6, -1e-6):
                weight[place] = before + shift
                found.append(made(given)[0].item())
            weight[place] = before
            assert weight.grad[place].item() == pytest.approx((found[0] - found[1]) / 2e-6, rel=1e-5, abs=1e-6)


def test_a_strong_distillation_keeps_the_video_vector_near_frozen_clip() -> None:
    ends = {}
    for weight in (0.0, 30.0):
        made, given = learner(FLOW, distillation=weight), batch(FLOW, 5)
        optimiser = torch.optim.AdamW(made.parameters(), 0.01)
        for _ in range(15):
            optimiser.zero_grad()
            made(given)[0].backward()
            optimiser.step()
        v_m = made.head(given.video, made._other(given.other))[0]
        ends[weight] = distance(v_m, given.video, FLOW).item()
    assert ends[30.0] < 0.5 * ends[0.0]


def test_label_smoothing_is_that_of_cross_entropy() -> None:
    made, given = learner(FLOW, label_smoothing=0.2, alpha=1.0), batch(FLOW)
    v_m = made.head(given.video, made._other(given.other))[0]
    logs = (cosines(v_m, made.texts) / FLOW.tau).log_softmax(1)
    wanted = -(0.8 * logs[torch.arange(3), given.labels] + 0.2 * logs.mean(1)).mean()
    assert made(given)[0].item() == pytest.approx(wanted.item(), abs=1e-10)
