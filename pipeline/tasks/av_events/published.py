"""Which of a recipe's methods answers: what the recipe says, else the best on the clips that epochs are chosen on. No torch."""

from collections.abc import Callable

from pipeline.tasks.av_events.recipe import AvEventsRecipe
from pipeline.training.checkpoint import Checkpoints


def published(recipe: AvEventsRecipe, learned: Callable[[str, int], Checkpoints | None]) -> tuple[str, int]:
    """The method and seed that answer.

    No test clip has a say in it (but under `protocol: lavish`, where all figures are chosen by them). Of equal ones the first of
    the recipe answers; before anything is learned its last method stands for it.

    Args:
        recipe: says which, or leaves it open.
        learned: checkpoints of a method with a seed; None where there are none yet.
    """
    if recipe.publish is not None:
        seed = recipe.publish.seed
        return recipe.publish.method, recipe.seeds[0] if seed is None else seed
    found = {}
    for method in recipe.methods:
        for seed in recipe.seeds:
            checkpoints = learned(method, seed)
            figure = checkpoints.figure() if checkpoints is not None else None
            if figure is not None:
                found[method, seed] = figure
    return max(found, key=lambda each: found[each]) if found else (list(recipe.methods)[-1], recipe.seeds[0])
