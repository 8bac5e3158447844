"""Learning rates against torch's own scheduler, in the paper's sense and as the authors' code steps it."""

import pytest
import torch

from pipeline.training.schedules import lr_factor

EPOCHS, STEPS_AN_EPOCH = 5, 7


def by_torch(period: int, steps: int) -> list[float]:
    """The factor at every step when `CosineAnnealingLR(T_max=period)` is stepped after every iteration."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=period)
    factors = []
    for _ in range(steps):
        factors.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return factors


@pytest.mark.parametrize(("name", "period"), [("cosine", EPOCHS * STEPS_AN_EPOCH), ("oscillating", EPOCHS)])
def test_equals_torch_s_scheduler(name: str, period: int) -> None:
    steps = EPOCHS * STEPS_AN_EPOCH
    found = [lr_factor(name, step, steps, EPOCHS) for step in range(steps)]
    assert found == pytest.approx(by_torch(period, steps), abs=1e-9)


def test_shapes_of_the_curves() -> None:
    steps = EPOCHS * STEPS_AN_EPOCH
    cosine = [lr_factor("cosine", step, steps, EPOCHS) for step in range(steps)]
    assert cosine[0] == 1 and cosine == sorted(cosine, reverse=True) and 0 < cosine[-1] < 0.01
    swing = [lr_factor("oscillating", step, steps, EPOCHS) for step in range(steps)]
    assert swing[EPOCHS] == pytest.approx(0) and swing[2 * EPOCHS] == pytest.approx(1)  # period: 2 x epochs iterations
    assert {lr_factor("constant", step, steps, EPOCHS) for step in range(steps)} == {1.0}
