"""From YAML to a checked few-shot recipe; free of torch."""

from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline.few_shot.recipe import FewShotRecipe
from pipeline.recipe.errors import RecipeError
from pipeline.recipe.nearest import tell_mistake
from pipeline.recipe.plain_yaml import load_yaml
from pipeline.recipe.workspace import from_folder
from stores.address import Location, location

PREFIX = "few-shot/"
"""What the names of shipped few-shot recipes begin with where both kinds of recipe can be meant."""

_SHIPPED = files("pipeline") / "recipes" / "few-shot"


def shipped_few_shot_recipes() -> list[str]:
    """Names of the few-shot recipes that ship with the package."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _SHIPPED.iterdir() if entry.name.endswith(".yaml"))


def few_shot_recipe_text(name: str) -> str:
    """The YAML of a shipped recipe."""
    return (_SHIPPED / f"{name}.yaml").read_text("utf-8")


def load_few_shot_recipe(source: str | Path, workspace: Location | None = None) -> FewShotRecipe:
    """Read a recipe file, or a shipped recipe by name; relative paths start from the file's folder.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    path = Path(source)
    name = str(source).removeprefix(PREFIX)
    shipped = name in shipped_few_shot_recipes() and not path.is_file()
    where = f"recipe '{source}'" if shipped else str(path)
    try:
        text = few_shot_recipe_text(name) if shipped else path.read_text("utf-8")
        content = load_yaml(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        known = ", ".join(shipped_few_shot_recipes())
        problem = f"it is neither a readable YAML file ({' '.join(str(error).split())}) nor a shipped few-shot recipe: {known}"
        raise RecipeError(where, [problem]) from error
    if not isinstance(content, dict):
        raise RecipeError(where, [f"a recipe is a mapping that starts with 'name:', found {type(content).__name__}"])
    if "modalities" in content and "methods" not in content:
        raise RecipeError(
            where, ["it has 'modalities', so it learns from sentences. Run it with: mmpt-pipeline run RECIPE"]
        )
    recipe = parse_few_shot_recipe(content, where, Path() if shipped else path.resolve().parent)
    return recipe if workspace is None else recipe.model_copy(update={"workspace": location(workspace)})


def parse_few_shot_recipe(content: dict[str, Any], where: str, base: Path) -> FewShotRecipe:
    """Check a recipe's content; relative paths start from `base`.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    try:
        return FewShotRecipe.model_validate(_with_absolute_paths(content, base))
    except ValidationError as error:
        raise RecipeError(where, [tell_mistake(item, FewShotRecipe) for item in error.errors()]) from error


def _with_absolute_paths(content: dict, base: Path) -> dict:
    content = {**content}
    if isinstance(content.get("workspace"), str):
        content["workspace"] = from_folder(base, content["workspace"])
    if "data" in content:
        content["data"] = _with_absolute_root(content["data"], base)
    if isinstance(content.get("judge_on"), dict):
        content["judge_on"] = {name: _with_absolute_root(data, base) for name, data in content["judge_on"].items()}
    return content


def _with_absolute_root(data: Any, base: Path) -> Any:
    if not isinstance(data, dict) or not isinstance(data.get("root"), str):
        return data
    return {**data, "root": base / Path(data["root"]).expanduser()}
