"""A recipe: one YAML file that describes a whole run."""

from pipeline.recipe.errors import RecipeError
from pipeline.recipe.load import load_recipe, parse_recipe
from pipeline.recipe.schema import Recipe

__all__ = ["Recipe", "RecipeError", "load_recipe", "parse_recipe"]
