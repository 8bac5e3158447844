"""Seconds of work on a device: everything is waited for before the clock is read."""

import statistics
import time
from collections.abc import Callable


def seconds(work: Callable[[], object], device: str, rounds: int = 5, warm_up: int = 2) -> float:
    """The median time of a piece of work.

    Args:
        work: what is timed.
        device: "cuda" or "cpu".
        rounds: how often it is timed.
        warm_up: how often it runs before.
    """
    for _ in range(warm_up):
        work()
    times = []
    for _ in range(rounds):
        wait(device)
        start = time.perf_counter()
        work()
        wait(device)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def wait(device: str) -> None:
    """Until the device has done everything that it was given."""
    if device == "cuda":
        import torch

        torch.cuda.synchronize()
