"""Learning rate schedules as pure functions of the step or epoch, so that a resumed run needs no scheduler state."""

import math


def lr_factor(schedule: str, step: int, steps: int, epochs: int) -> float:
    """What the base learning rate is multiplied by at `step` (0-based).

    Args:
        schedule: `cosine` falls from 1 towards 0 over all steps. `oscillating` is the authors' behaviour: a cosine of
            half-period `epochs` iterations, stepped every iteration, so the rate swings down and up again. `constant`: 1.
        step: iterations done.
        steps: iterations in all.
        epochs: number of epochs.
    """
    if schedule == "cosine":
        return 0.5 * (1 + math.cos(math.pi * step / steps))
    if schedule == "oscillating":
        return 0.5 * (1 + math.cos(math.pi * step / epochs))
    return 1.0


def learning_rate(
    schedule: str, base: float, step: int, steps: int, epochs: int, step_epochs: int = 1, step_factor: float = 1.0
) -> float:
    """The rate at a step.

    Args:
        schedule: `dassl`; `step`, which multiplies the rate by `step_factor` after every `step_epochs` epochs, as `StepLR` of
            torch does; or one of `lr_factor`.
        base: the rate that is written.
        step: iterations done, 0-based, of all epochs.
        steps: iterations of an epoch.
        epochs: number of epochs.
        step_epochs: of `step`.
        step_factor: of `step`.
    """
    if schedule == "dassl":
        return dassl_rate(base, step // steps, epochs)
    if schedule == "step":
        return base * step_factor ** (step // steps // step_epochs)
    return base * lr_factor(schedule, step, steps * epochs, epochs)


def dassl_rate(base: float, epoch: int, epochs: int, warmup: float = 1e-5) -> float:
    """The learning rate of a whole epoch (0-based), as the few-shot protocol's library Dassl sets it.

    Epoch 0 learns at the constant `warmup`; epoch e >= 1 at base * (1 + cos(pi * (e - 1) / epochs)) / 2. The cosine is as long
    as all epochs but begins one late: 5 epochs are warmup, then 1, 0.905, 0.655 and 0.345 times base; of 2 epochs
    the first learns next to nothing, the second at `base`.
    """
    return warmup if epoch == 0 else base * 0.5 * (1 + math.cos(math.pi * (epoch - 1) / epochs))
