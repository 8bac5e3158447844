"""Which of a recipe's methods answers: what the recipe says, else the best on the clips that epochs are chosen on. No torch."""

from pipeline.tasks.av.recipe import AvRecipe
from pipeline.tasks.published import Learned, best


def published(recipe: AvRecipe, learned: Learned) -> tuple[str, int]:
    """The method and seed that answer, see `best`; before anything is learned its last method stands for it.

    No test clip has a say in it (but under `protocol: lavish`, where all figures are chosen by them). What a recipe has for
    comparison only (see `AvRecipe.answering`) answers where the recipe says so, and not by being the best.
    """
    return best(recipe, recipe.answering, learned, recipe.answering[-1])
