"""Which of a recipe's learned methods answers: what is asked for, what the recipe says, else the best. No torch."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Protocol, TypeVar

from pydantic import ValidationInfo

from pipeline.training.checkpoint import Checkpoints
from stores import MmptError


class Publish(Protocol):
    """What a recipe says under `publish`."""

    @property
    def method(self) -> str:
        """A name under `methods`."""

    @property
    def seed(self) -> int | None:
        """One of `seeds`; None is the first."""


class Learns(Protocol):
    """A recipe that learns methods with seeds."""

    @property
    def name(self) -> str:
        """Of the recipe."""

    @property
    def seeds(self) -> Sequence[int]:
        """That every method is learned with."""

    @property
    def publish(self) -> Publish | None:
        """What answers; None leaves it open."""


Learned = Callable[[str, int], Checkpoints | None]
"""Checkpoints of a method with a seed; None where there are none yet."""
P = TypeVar("P", bound=Publish)


def is_learned(publish: P | None, info: ValidationInfo) -> P | None:
    """Refuse a recipe that publishes what it does not learn; a validator of the field `publish`, behind `methods` and `seeds`.

    Raises:
        ValueError: no such method, or no such seed.
    """
    methods, seeds = info.data.get("methods"), info.data.get("seeds")
    if publish is not None and methods is not None and publish.method not in methods:
        raise ValueError(f"method '{publish.method}' is not under 'methods' ({', '.join(methods)})")
    if publish is not None and publish.seed is not None and seeds is not None and publish.seed not in seeds:
        raise ValueError(f"seed {publish.seed} is not under 'seeds' ({', '.join(map(str, seeds))})")
    return publish


def best(recipe: Learns, methods: Iterable[str], learned: Learned, otherwise: str) -> tuple[str, int]:
    """The method and seed that answer: what the recipe says, else the best by the figures that epochs were chosen by.

    Of equal ones the first of the recipe answers.

    Args:
        recipe: says which, or leaves it open.
        methods: of which the best answers, in order.
        learned: their checkpoints.
        otherwise: the method that stands for the best where there is no figure yet.
    """
    if recipe.publish is not None:
        seed = recipe.publish.seed
        return recipe.publish.method, recipe.seeds[0] if seed is None else seed
    found = {}
    for method in methods:
        for seed in recipe.seeds:
            checkpoints = learned(method, seed)
            figure = checkpoints.figure() if checkpoints is not None else None
            if figure is not None:
                found[method, seed] = figure
    return max(found, key=lambda each: found[each]) if found else (otherwise, recipe.seeds[0])


def meant(
    recipe: Learns, known: Collection[str], own: tuple[str, int], method: str | None, seed: int | None,
    error: type[MmptError], has: str = "learned",
) -> tuple[str, int]:  # fmt: skip
    """Whose answers are meant: what is asked for, else what is published.

    Args:
        recipe: of the run.
        known: the methods that can answer.
        own: what is published.
        method: that is asked for; None takes what is published.
        seed: the same; of another method than the published one, the first.
        error: what to raise.
        has: what the run did with its methods, as the error tells it.

    Raises:
        MmptError: the recipe has no such method or seed.
    """
    published_method, first = own
    method = method or published_method
    if method not in known:
        raise error(f"--method {method}: run '{recipe.name}' {has} {', '.join(known)}")
    if seed is None:
        seed = first if method == published_method else recipe.seeds[0]
    if seed not in recipe.seeds:
        raise error(f"--seed {seed}: run '{recipe.name}' learned with {', '.join(map(str, recipe.seeds))}")
    return method, seed
