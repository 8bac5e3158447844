"""A method that has learned, or goes on learning, gives its answers."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from pipeline.training.checkpoint import Checkpoints


def read_back(learner: nn.Module, checkpoints: Checkpoints) -> int:
    """Give a method what it has learned, ready to answer; returns the epoch."""
    epoch, own = checkpoints.answer(), learner.state_dict()
    tensors = checkpoints.tensors(epoch)
    learner.load_state_dict({name: tensors[name] for name in own})
    learner.eval()
    return epoch


@contextmanager
def answering(learner: nn.Module) -> Iterator[None]:
    """Within it a method answers; it goes on learning afterwards."""
    learner.eval()
    try:
        yield
    finally:
        learner.train()
