"""A clock of work done: a busy machine makes no worse weights, only later ones."""

import time
from collections.abc import Callable

import torch


def working_seconds() -> Callable[[], float]:
    """Seconds that this process works from now on: processor time shared by its threads; wall time on a GPU."""
    if torch.cuda.is_available():
        begun = time.monotonic()
        return lambda: time.monotonic() - begun
    start, threads = time.process_time(), torch.get_num_threads()
    return lambda: (time.process_time() - start) / threads
