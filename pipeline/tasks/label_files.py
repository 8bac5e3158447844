"""Which file holds the class names of a recipe, for those who add some."""

from pathlib import Path

from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import load_recipe, shipped_recipes
from pipeline.tasks.registry import task_of


def label_file(source: str, modality: str | None) -> tuple[str, Path]:
    """The modality that is meant and its label file.

    Args:
        source: a recipe file.
        modality: None where only one modality of the recipe has a label file of its own.

    Raises:
        RecipeError: the recipe ships with the package, has no such modality, or keeps its names elsewhere; with what to do.
    """
    if source in shipped_recipes() and not Path(source).is_file():
        raise RecipeError(
            f"recipe '{source}'",
            [
                "it ships with the package, and so do its label files; they are not yours to change. Copy it: "
                f"mmpt-pipeline recipes show {source} > my-recipe.yaml, name a text file of your own under 'labels' in it "
                "(one class name a line), give it a name of its own, and add classes to that"
            ],
        )
    recipe = load_recipe(source)
    growth = task_of(recipe).growth
    if growth is None:
        problem = "its classes are those of its data set; add them there, and learn them with: mmpt-pipeline run"
        raise RecipeError(source, [f"{problem} {source}"])
    return growth.label_file(recipe, source, modality)
