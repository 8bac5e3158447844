"""Which of a recipe's methods answers: what the recipe says, else the best on base clips that were held out. No torch."""

from collections.abc import Callable

from pipeline.tasks.open_video.recipe import OpenVideoRecipe
from pipeline.training.checkpoint import Checkpoints


def published(recipe: OpenVideoRecipe, learned: Callable[[str, int], Checkpoints | None]) -> tuple[str, int]:
    """The method and seed that answer.

    No clip that is judged has a say in it. Of equal ones the first of the recipe answers; so does its first method where nothing
    is learned yet, or nothing was held out.

    Args:
        recipe: says which, or leaves it open.
        learned: checkpoints of a method with a seed; None where there are none yet.
    """
    if recipe.publish is not None:
        seed = recipe.publish.seed
        return recipe.publish.method, recipe.seeds[0] if seed is None else seed
    found = {}
    for method in recipe.learned:
        for seed in recipe.seeds:
            checkpoints = learned(method, seed)
            figure = checkpoints.figure() if checkpoints is not None else None
            if figure is not None:
                found[method, seed] = figure
    return max(found, key=lambda each: found[each]) if found else (next(iter(recipe.methods)), recipe.seeds[0])
