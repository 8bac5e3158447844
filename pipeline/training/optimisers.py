"""Optimisers as a method names them, and all of their state as tensors, so that a checkpoint holds it."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.training.fit import Adam, AdamW, Optimiser, Sgd

_KEPT = {
    "momentum_buffer": "momentum/",
    "exp_avg": "exp_avg/",
    "exp_avg_sq": "exp_avg_sq/",
    "step": "step/",
}
"""What torch calls a piece of state -> what stands before the parameter's name in a checkpoint."""


def optimiser_of(groups: Sequence[Mapping[str, Any]], how: Optimiser) -> torch.optim.Optimizer:
    """An optimiser of some groups, each with `params`; the loop sets the rates before every step."""
    # Copies of the groups: the optimiser keeps the dictionaries it is given, and the schedule writes its rates into them.
    own = [dict(group) for group in groups]
    if isinstance(how, Sgd):
        return torch.optim.SGD(own, lr=0.0, momentum=how.momentum, weight_decay=how.weight_decay)
    kind = torch.optim.AdamW if isinstance(how, AdamW) else torch.optim.Adam
    assert isinstance(how, Adam)
    return kind(own, lr=0.0, betas=how.betas, eps=how.eps, weight_decay=how.weight_decay)


def state_of(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """All the state that an optimiser has: momenta of SGD, both moments and the step of Adam; nothing before its first step."""
    found = {}
    for name, parameter in model.named_parameters():
        for piece, value in optimiser.state.get(parameter, {}).items():
            if value is not None:  # SGD without momentum keeps an empty place
                found[_KEPT[piece] + name] = value
    return found


def load_state(model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimiser the state that a checkpoint holds."""
    for name, parameter in model.named_parameters():
        for piece, start in _KEPT.items():
            if (kept := tensors.get(start + name)) is not None:
                # Adam's step is a number that stays on the CPU.
                optimiser.state[parameter][piece] = kept if piece == "step" else kept.to(parameter.device)


def without_state(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What a model learned, without its optimiser's state."""
    starts = tuple(_KEPT.values())
    return {name: value for name, value in tensors.items() if not name.startswith(starts)}
