"""Learning rates against torch's own scheduler, in the paper's sense and as the authors' code steps it."""

import pytest
import torch

from pipeline.training.schedules import dassl_rate, lr_factor

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


def by_dassl(base: float, epochs: int) -> list[float]:
    """The rate of every epoch when a constant first epoch is put before torch's cosine over all epochs, as Dassl does.

    Its warm-up object sets the constant for epoch 0, hands over the cosine's first value without stepping it, and steps the
    cosine from then on.
    """
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=float(epochs))  # type: ignore[arg-type]
    group, rates = optimiser.param_groups[0], []
    group["lr"] = 1e-5
    for epoch in range(epochs):
        rates.append(group["lr"])
        optimiser.step()
        if epoch == 0:
            (group["lr"],) = cosine.get_last_lr()
        else:
            cosine.step()
    return rates


@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 10, 50, 200])
@pytest.mark.parametrize("base", [0.008, 0.0024])
def test_dassl_s_epochs_equal_torch_s_scheduler(base: float, epochs: int) -> None:
    found = [dassl_rate(base, epoch, epochs) for epoch in range(epochs)]
    assert found == pytest.approx(by_dassl(base, epochs), rel=1e-9)


def test_dassl_s_published_sequences() -> None:
    five = [dassl_rate(0.008, epoch, 5) for epoch in range(5)]
    assert five[0] == 1e-5 and [rate / 0.008 for rate in five[1:]] == pytest.approx([1, 0.905, 0.655, 0.345], abs=5e-4)
    assert [dassl_rate(0.0024, epoch, 2) for epoch in range(2)] == [1e-5, 0.0024]
