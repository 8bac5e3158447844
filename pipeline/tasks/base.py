"""What a task is: the examples of a recipe, and how answers about them are scored. Free of torch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pipeline.recipe.envelope import Envelope
from pipeline.run.bound import Bound

R = TypeVar("R", bound=Envelope)


def no_problems(content: dict[str, Any], base: Path) -> Iterator[str]:
    """Of a recipe of which its shape tells everything."""
    return iter(())


@dataclass(frozen=True)
class Task(Generic[R]):
    """One kind of recipe.

    Attributes:
        name: what a recipe may say under `task:`.
        recipe: the shape of its recipes.
        bound: its kind of bound recipe.
        mark: the key by which a recipe that says no `task:` is known as one of these.
        absolute: makes the paths in a recipe's content absolute; they start from a folder.
        problems: what else is wrong with a recipe's content, a line each; its paths are absolute.
        shipped: folder of its shipped recipes, below `pipeline/recipes`; empty for that folder itself, None for none.
    """

    name: str
    recipe: type[R]
    bound: type[Bound[R]]
    mark: str
    absolute: Callable[[dict[str, Any], Path], dict[str, Any]]
    problems: Callable[[dict[str, Any], Path], Iterator[str]] = no_problems
    shipped: str | None = None
