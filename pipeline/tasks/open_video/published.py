"""Which of a recipe's methods answers: what the recipe says, else the best on base clips that were held out. No torch."""

from pipeline.tasks.open_video.recipe import OpenVideoRecipe
from pipeline.tasks.published import Learned, best


def published(recipe: OpenVideoRecipe, learned: Learned) -> tuple[str, int]:
    """The method and seed that answer, see `best`; its first method where nothing is learned yet, or nothing was held out.

    No clip that is judged has a say in it.
    """
    return best(recipe, recipe.learned, learned, next(iter(recipe.methods)))
