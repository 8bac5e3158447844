"""Learning rate schedules as pure functions of the step, so that a resumed run needs no scheduler state."""

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
