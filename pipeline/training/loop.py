"""The training loop. It knows no method: a model that gives a loss and its parts, batches, and learned parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pipeline.progress import Progress, ProgressTask
from pipeline.training.checkpoint import Checkpoints, History
from pipeline.training.schedules import learning_rate

_MOMENTUM = "momentum/"


class Batches(Protocol):
    """Where batches come from: an epoch's batches are a pure function of its number."""

    def __len__(self) -> int: ...

    def epoch(self, epoch: int) -> Iterator[Any]:
        """The batches of one epoch (1-based)."""
        ...


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn."""

    epochs: int
    name: str


@dataclass(frozen=True)
class Learned:
    """What the optimiser may move.

    Attributes:
        groups: groups of an SGD optimiser, each with `params`, a base `lr`, and `momentum` or `weight_decay` where it has any.
        frozen_rows: parameter name -> boolean mask of the rows that must not move.
    """

    groups: list[dict[str, Any]]
    frozen_rows: Mapping[str, Tensor] = field(default_factory=dict)


def fit(
    model: nn.Module,
    learned: Learned,
    batches: Batches,
    schedule: Schedule,
    checkpoints: Checkpoints,
    progress: Progress,
    before_epoch: Callable[[int], Mapping[str, str]] = lambda epoch: {},
) -> None:
    """Train to the last epoch, from the newest checkpoint if there is one; bit-exact however often it is interrupted.

    Args:
        model: called with a batch, gives (loss, parts).
        learned: what may move.
        batches: where batches come from.
        schedule: epochs and learning rate schedule.
        checkpoints: where epochs are published; epoch 0 is the start.
        progress: where the losses are shown.
        before_epoch: called before each epoch; what it decides is kept in the epoch's notes.
    """
    # Copies of the groups: the optimiser keeps the dictionaries it is given, and the schedule writes its rates into them.
    optimiser = torch.optim.SGD([dict(group) for group in learned.groups], lr=0.0)
    start = _resume(model, optimiser, checkpoints)
    with progress.task("train", total=schedule.epochs * len(batches), unit="step") as task:
        task.advance(start * len(batches))
        for epoch in range(start + 1, schedule.epochs + 1):
            notes = before_epoch(epoch)
            history = _epoch(model, learned, optimiser, batches, schedule, epoch, task)
            checkpoints.save(epoch, {**model.state_dict(), **_momenta(model, optimiser)}, history, notes)


def replay(
    model: nn.Module,
    learned: Learned,
    batches: Batches,
    schedule: Schedule,
    before: Mapping[str, Tensor],
    epoch: int,
    steps: Sequence[int],
) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Go through an epoch again, up to the last of some steps, and give (step, state of the model after it).

    On the machine that learned, every bit is that of the first time: `steps` that end the epoch give its checkpoint.

    Args:
        model: as `fit` had it; its state is replaced.
        learned: as `fit` had it.
        batches: as `fit` had them.
        schedule: as `fit` had it.
        before: the tensors of the checkpoint that the epoch began at.
        epoch: 1-based.
        steps: of this epoch, counted from 1 over all epochs, in order.
    """
    optimiser = torch.optim.SGD([dict(group) for group in learned.groups], lr=0.0)
    _load(model, optimiser, before)
    wanted, done = set(steps), (epoch - 1) * len(batches)
    for batch in islice(batches.epoch(epoch), steps[-1] - done):
        _set_rates(optimiser, learned, schedule, done, len(batches))
        _step(model, learned, optimiser, batch)
        done += 1
        if done in wanted:
            yield done, {name: value.detach().clone() for name, value in model.state_dict().items()}


def _resume(model: nn.Module, optimiser: torch.optim.Optimizer, checkpoints: Checkpoints) -> int:
    last = checkpoints.last_epoch()
    if last is None:
        checkpoints.save(0, model.state_dict(), {}, {})
        return 0
    _load(model, optimiser, checkpoints.tensors(last))
    return last


def _load(model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    model.load_state_dict({name: x for name, x in tensors.items() if not name.startswith(_MOMENTUM)})
    for name, parameter in model.named_parameters():
        if (kept := tensors.get(_MOMENTUM + name)) is not None:
            optimiser.state[parameter]["momentum_buffer"] = kept.to(parameter.device)


def _momenta(model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """All the state that SGD has; none without momentum."""
    found = {name: optimiser.state.get(p, {}).get("momentum_buffer") for name, p in model.named_parameters()}
    return {_MOMENTUM + name: buffer for name, buffer in found.items() if buffer is not None}


def _epoch(
    model: nn.Module,
    learned: Learned,
    optimiser: torch.optim.Optimizer,
    batches: Batches,
    schedule: Schedule,
    epoch: int,
    task: ProgressTask,
) -> History:
    steps = len(batches)
    recorded: list[Mapping[str, Tensor]] = []
    for i, batch in enumerate(batches.epoch(epoch)):
        step = (epoch - 1) * steps + i
        _set_rates(optimiser, learned, schedule, step, steps)
        parts = _step(model, learned, optimiser, batch)
        recorded.append({**parts, "step": torch.tensor(float(step + 1))})
        if i % 10 == 0 or i == steps - 1:
            task.note(f"epoch {epoch}/{schedule.epochs}  {_shown(parts)}")
        task.advance()
    return _columns(recorded)


def _set_rates(optimiser: torch.optim.Optimizer, learned: Learned, schedule: Schedule, step: int, steps: int) -> None:
    for group, own in zip(optimiser.param_groups, learned.groups, strict=True):
        group["lr"] = learning_rate(schedule.name, own["lr"], step, steps, schedule.epochs)


def _columns(recorded: Sequence[Mapping[str, Tensor]]) -> History:
    """The losses step by step; a part that a step lacks (no sentence of that modality in its batch) is NaN there."""
    names = dict.fromkeys(name for parts in recorded for name in parts)
    lacking = torch.tensor(float("nan"))
    columns = {name: [parts.get(name, lacking) for parts in recorded] for name in names}
    # Joined where they are: a copy of every number by itself would cost a GPU more than the steps.
    devices = {name: next(parts[name].device for parts in recorded if name in parts) for name in names}
    return {n: torch.stack([x.to(devices[n]) for x in values]).tolist() for n, values in columns.items()}


def _step(model: nn.Module, learned: Learned, optimiser: torch.optim.Optimizer, batch: Any) -> dict[str, Tensor]:
    optimiser.zero_grad(set_to_none=True)
    loss, parts = model(batch)
    loss.backward()
    for name, rows in learned.frozen_rows.items():
        grad = model.get_parameter(name).grad
        if grad is not None:
            grad[rows] = 0
    optimiser.step()
    return parts


def _shown(parts: Mapping[str, Tensor]) -> str:
    return "  ".join(f"{name} {float(value):.3g}" for name, value in sorted(parts.items()))
