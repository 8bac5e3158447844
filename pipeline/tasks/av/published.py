"""Which of a recipe's methods answers: what the recipe says, else the best on the clips that epochs are chosen on. No torch."""

from collections.abc import Callable

from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.recipe import AvRecipe
from pipeline.training.checkpoint import Checkpoints


def published(recipe: AvRecipe, learned: Callable[[str, int], Checkpoints | None]) -> tuple[str, int]:
    """The method and seed that answer.

    No test clip has a say in it (but under `protocol: lavish`, where all figures are chosen by them). Of equal ones the first of
    the recipe answers; before anything is learned its last method stands for it. What a recipe has for comparison only (see
    `AvRecipe.answering`) answers where the recipe says so, and not by being the best.

    Args:
        recipe: says which, or leaves it open.
        learned: checkpoints of a method with a seed; None where there are none yet.
    """
    if recipe.publish is not None:
        seed = recipe.publish.seed
        return recipe.publish.method, recipe.seeds[0] if seed is None else seed
    found = {}
    for method in recipe.answering:
        for seed in recipe.seeds:
            checkpoints = learned(method, seed)
            figure = checkpoints.figure() if checkpoints is not None else None
            if figure is not None:
                found[method, seed] = figure
    return max(found, key=lambda each: found[each]) if found else (recipe.answering[-1], recipe.seeds[0])


def chosen(recipe: AvRecipe, own: tuple[str, int], method: str | None, seed: int | None) -> tuple[str, int]:
    """Whose answers are meant: what is asked for, else what is published.

    Raises:
        AvError: the recipe has no such method or seed.
    """
    published_method, first = own
    method = method or published_method
    if method not in recipe.methods:
        raise AvError(f"--method {method}: run '{recipe.name}' learned {', '.join(recipe.methods)}")
    if seed is None:
        seed = first if method == published_method else recipe.seeds[0]
    if seed not in recipe.seeds:
        raise AvError(f"--seed {seed}: run '{recipe.name}' learned with {', '.join(map(str, recipe.seeds))}")
    return method, seed
