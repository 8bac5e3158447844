"""The training loop. It knows no method: a model that gives a loss and its parts, batches, and learned parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pipeline.telemetry.progress import Progress, ProgressTask
from pipeline.training.checkpoint import Checkpoints, History
from pipeline.training.fit import Fit, FitError
from pipeline.training.optimisers import load_state, optimiser_of, state_of, without_state
from pipeline.training.schedules import learning_rate


class Batches(Protocol):
    """Where batches come from: an epoch's batches are a pure function of its number."""

    def __len__(self) -> int: ...

    def epoch(self, epoch: int) -> Iterator[Any]:
        """The batches of one epoch (1-based)."""
        ...


@dataclass(frozen=True)
class Learned:
    """What the optimiser may move.

    Attributes:
        groups: groups of parameters, each with `params` and its base `lr`.
        frozen_rows: parameter name -> boolean mask of the rows that must not move.
    """

    groups: list[dict[str, Any]]
    frozen_rows: Mapping[str, Tensor] = field(default_factory=dict)


def learned_of(model: nn.Module, how: Fit, frozen: Mapping[str, Tensor] | None = None) -> Learned:
    """A model's parameters, a group a rate; without those that are frozen whole, which need no gradient.

    Args:
        model: what learns.
        how: says the rates.
        frozen: parameter name -> mask of the rows that must not move.
    """
    masks, groups = frozen or {}, dict[float, list[nn.Parameter]]()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not (name in masks and bool(masks[name].all())))
        if parameter.requires_grad:
            groups.setdefault(how.rate_of(name), []).append(parameter)
    return Learned([{"params": found, "lr": rate} for rate, found in groups.items()], masks)


def fit(
    model: nn.Module,
    learned: Learned,
    batches: Batches,
    how: Fit,
    checkpoints: Checkpoints,
    progress: Progress,
    before_epoch: Callable[[int], Mapping[str, str]] = lambda epoch: {},
    figure: Callable[[], float] | None = None,
) -> int:
    """Train to the last epoch, from the newest checkpoint if there is one; bit-exact however often it is interrupted.

    Args:
        model: called with a batch, gives (loss, parts).
        learned: what may move.
        batches: where batches come from.
        how: optimiser, schedule, epochs, and which of them are kept.
        checkpoints: where epochs are published; epoch 0 is the start.
        progress: where the losses are shown.
        before_epoch: called before each epoch; what it decides is kept in the epoch's notes.
        figure: called after each epoch, tells how good the model is on what was held out; `keep: best` needs it, and with
            `keep: all` the best epoch answers instead of the last. `patience` needs it, too.

    Returns:
        How many epochs were learned now.

    Raises:
        FitError: the best epoch is to be kept or waited for, and nothing tells which that is.
    """
    if how.keep == "best" and figure is None:
        raise FitError(
            "fit: keep is 'best', and nothing was held out to tell which epoch that is. Take 'last' or 'all'"
        )
    if how.patience and figure is None:
        raise FitError(
            f"fit: patience is {how.patience}, and nothing was held out to tell which epochs are better. Leave patience out, or "
            "hold something out"
        )
    optimiser = optimiser_of(learned.groups, how.optimiser)
    start, steps = _resume(model, optimiser, checkpoints, how), how.steps_of(len(batches))
    if how.patience and checkpoints.is_finished(how.epochs):
        return 0
    waited, epoch = checkpoints.waited(), start
    with progress.task("train", total=how.epochs * steps, unit="step") as task:
        task.advance(start * steps)
        for epoch in range(start + 1, how.epochs + 1):
            notes = before_epoch(epoch)
            history = _epoch(model, learned, optimiser, batches, how, epoch, task)
            good = figure() if figure else None
            waited = waited.after(good) if good is not None else waited
            ends = epoch == how.epochs or waited.epochs == how.patience
            checkpoints.save(
                epoch, {**model.state_dict(), **state_of(model, optimiser)}, history, notes,
                keep=how.keep, figure=good, finished=ends, waited=waited if how.patience else None,
            )  # fmt: skip
            if ends:
                break
    return epoch - start


def replay(
    model: nn.Module,
    learned: Learned,
    batches: Batches,
    how: Fit,
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
        how: as `fit` had it.
        before: the tensors of the checkpoint that the epoch began at.
        epoch: 1-based.
        steps: of this epoch, counted from 1 over all epochs, in order.
    """
    optimiser = optimiser_of(learned.groups, how.optimiser)
    _load(model, optimiser, before)
    steps_an_epoch = how.steps_of(len(batches))
    wanted, done = set(steps), (epoch - 1) * steps_an_epoch
    for batch in islice(_steps(batches, how, epoch), steps[-1] - done):
        _set_rates(optimiser, learned, how, done, steps_an_epoch)
        _step(model, learned, optimiser, batch)
        done += 1
        if done in wanted:
            yield done, {name: value.detach().clone() for name, value in model.state_dict().items()}


def _resume(model: nn.Module, optimiser: torch.optim.Optimizer, checkpoints: Checkpoints, how: Fit) -> int:
    last = checkpoints.last_epoch()
    if last is None:
        checkpoints.save(0, model.state_dict(), {}, {}, keep=how.keep)
        return 0
    _load(model, optimiser, checkpoints.tensors(last))
    return last


def _load(model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    model.load_state_dict(without_state(tensors))
    load_state(model, optimiser, tensors)


def _epoch(
    model: nn.Module,
    learned: Learned,
    optimiser: torch.optim.Optimizer,
    batches: Batches,
    how: Fit,
    epoch: int,
    task: ProgressTask,
) -> History:
    steps = how.steps_of(len(batches))
    recorded: list[Mapping[str, Tensor]] = []
    for i, together in enumerate(_steps(batches, how, epoch)):
        step = (epoch - 1) * steps + i
        _set_rates(optimiser, learned, how, step, steps)
        parts = _step(model, learned, optimiser, together)
        recorded.append({**parts, "step": torch.tensor(float(step + 1))})
        if i % 10 == 0 or i == steps - 1:
            task.note(f"epoch {epoch}/{how.epochs}  {_shown(parts)}")
        task.advance()
    return _columns(recorded)


def _steps(batches: Batches, how: Fit, epoch: int) -> "Iterator[_Together]":
    """The batches of every step of an epoch. They are made one by one, when the step comes to them."""
    made, left = batches.epoch(epoch), len(batches)
    while left > 0:
        count = min(how.accumulate, left)
        yield _Together(islice(made, count), count)
        left -= count
    next(made, None)  # so that who makes them comes to the end of the epoch, too


@dataclass(frozen=True)
class _Together:
    """The batches of one step, and how many they are."""

    batches: Iterator[Any]
    count: int


def _set_rates(optimiser: torch.optim.Optimizer, learned: Learned, how: Fit, step: int, steps: int) -> None:
    for group, own in zip(optimiser.param_groups, learned.groups, strict=True):
        group["lr"] = learning_rate(how.schedule, own["lr"], step, steps, how.epochs, how.step_epochs, how.step_factor)


def _columns(recorded: Sequence[Mapping[str, Tensor]]) -> History:
    """The losses step by step; a part that a step lacks (no sentence of that modality in its batch) is NaN there."""
    names = dict.fromkeys(name for parts in recorded for name in parts)
    lacking = torch.tensor(float("nan"))
    columns = {name: [parts.get(name, lacking) for parts in recorded] for name in names}
    # Joined where they are: a copy of every number by itself would cost a GPU more than the steps.
    devices = {name: next(parts[name].device for parts in recorded if name in parts) for name in names}
    return {n: torch.stack([x.to(devices[n]) for x in values]).tolist() for n, values in columns.items()}


def _step(
    model: nn.Module, learned: Learned, optimiser: torch.optim.Optimizer, together: _Together
) -> dict[str, Tensor]:
    """One step; its parts are means over its batches."""
    optimiser.zero_grad(set_to_none=True)
    recorded: list[Mapping[str, Tensor]] = []
    for batch in together.batches:
        loss, parts = model(batch)
        (loss if together.count == 1 else loss / together.count).backward()
        recorded.append(parts)
    kept = {}
    for name, rows in learned.frozen_rows.items():
        parameter = model.get_parameter(name)
        if parameter.grad is not None:
            parameter.grad[rows] = 0
            if any(group.get("weight_decay") for group in optimiser.param_groups):
                kept[name] = parameter.detach()[rows].clone()  # a decay moves them, whatever the gradient
    optimiser.step()
    with torch.no_grad():
        for name, values in kept.items():
            model.get_parameter(name)[learned.frozen_rows[name]] = values
    return dict(recorded[0]) if len(recorded) == 1 else _means(recorded)


def _means(recorded: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of every part over the batches that have it."""
    names = dict.fromkeys(name for parts in recorded for name in parts)
    return {n: torch.stack([parts[n] for parts in recorded if n in parts]).mean(0) for n in names}


def _shown(parts: Mapping[str, Tensor]) -> str:
    return "  ".join(f"{name} {float(value):.3g}" for name, value in sorted(parts.items()))
