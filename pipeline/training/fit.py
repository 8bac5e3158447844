"""How a method is learned, as plain values that the method gives and the loop follows; free of torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from stores.errors import MmptError

Keep = Literal["all", "last", "best"]
ScheduleName = Literal["cosine", "constant", "oscillating", "dassl", "step"]


class FitError(MmptError):
    """What a method says of its learning cannot be followed."""


@dataclass(frozen=True)
class Sgd:
    """Stochastic gradient descent: v <- momentum v + g + weight_decay w; w <- w - rate v."""

    momentum: float = 0.0
    weight_decay: float = 0.0
    name: ClassVar[str] = "sgd"

    @property
    def moments(self) -> int:
        """How many numbers it keeps beside every number that it moves."""
        return 1 if self.momentum else 0


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba, 2015); the decay is part of the gradient."""

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    name: ClassVar[str] = "adam"
    moments: ClassVar[int] = 2


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam whose decay shrinks the numbers themselves (Loshchilov and Hutter, 2019)."""

    weight_decay: float = 0.01
    name: ClassVar[str] = "adamw"


Optimiser = Sgd | Adam | AdamW


@dataclass(frozen=True)
class Fit:
    """A method that is learned step by step.

    Attributes:
        optimiser: what makes a step of a gradient.
        rates: a part of a parameter's name, between dots -> its learning rate before the schedule; the first that fits counts,
            "" fits every parameter. Parameters of one rate are one group.
        schedule: how rates change, see `pipeline.training.schedules`.
        epochs: to be learned.
        batch: examples of a batch; None takes all at once.
        fewer: whether fewer examples than that are a batch, too; otherwise they are refused.
        accumulate: batches of a step: the optimiser is given the mean of their gradients.
        keep: which epochs stay stored: all; the last, to go on from; or the last and the one with the best figure, which answers.
            Where all stay and something tells how good each is, the best answers, too.
        step_epochs: of the schedule `step`: epochs between two falls of the rates.
        step_factor: of `step`: what they are multiplied by then.
        patience: learning ends after so many epochs in a row that were no better than the best before them; None: never early.
    """

    optimiser: Optimiser
    rates: Mapping[str, float]
    schedule: ScheduleName
    epochs: int
    batch: int | None = None
    fewer: bool = False
    accumulate: int = 1
    keep: Keep = "all"
    step_epochs: int = 8
    step_factor: float = 0.1
    patience: int | None = None

    def __post_init__(self) -> None:
        """Refuse what no loop can follow.

        Raises:
            FitError: a number is below 1.
        """
        for name in ("epochs", "batch", "accumulate", "step_epochs", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise FitError(f"fit: {name} is {value}. Give a whole number from 1")

    def rate_of(self, parameter: str) -> float:
        """The rate of a parameter.

        Raises:
            FitError: none is given for it.
        """
        parts = {"", *parameter.split(".")}
        found = next((rate for part, rate in self.rates.items() if part in parts), None)
        if found is None:
            raise FitError(
                f"fit: no learning rate is given for '{parameter}', only for {', '.join(self.rates) or 'nothing'}. "
                "Give one for '' to reach every other parameter"
            )
        return found

    def batch_of(self, examples: int) -> int:
        """Examples of a batch where there are so many in all."""
        return examples if self.batch is None else min(self.batch, examples) if self.fewer else self.batch

    def steps_of(self, batches: int) -> int:
        """Steps of an epoch of so many batches; a last step may be of fewer than `accumulate`."""
        return -(-batches // self.accumulate)


@dataclass(frozen=True)
class Solved:
    """A method that is solved at once instead of stepped; its checkpoint is epoch 1 of one."""

    epochs: ClassVar[int] = 1
    batch: ClassVar[None] = None
