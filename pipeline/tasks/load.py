"""From YAML to a checked recipe of any task. All mistakes are gathered and told together; unknown keys name the nearest key."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline.printable import cut
from pipeline.recipe.envelope import Envelope
from pipeline.recipe.errors import RecipeError
from pipeline.recipe.lines import with_lines
from pipeline.recipe.nearest import tell_mistake
from pipeline.recipe.paths import PathError
from pipeline.recipe.plain_yaml import load_with_nodes
from pipeline.tasks.base import Task
from pipeline.tasks.registry import tasks
from stores.address import Location, location

_SHIPPED = files("pipeline") / "recipes"
_MOST_BYTES = 4 << 20


def shipped_recipes() -> list[str]:
    """Names of the recipes that ship with the package, task by task; all but those of the first bear its folder's name."""
    found = []
    for folder in dict.fromkeys(task.shipped for task in tasks().values() if task.shipped is not None):
        entries = sorted(entry.name for entry in (_SHIPPED / folder).iterdir())
        found += [f"{folder}{name.removesuffix('.yaml')}" for name in entries if name.endswith(".yaml")]
    return found


def recipe_text(name: str) -> str:
    """The YAML of a shipped recipe."""
    return (_SHIPPED / f"{name}.yaml").read_text("utf-8")


def shipped_name(source: str | Path) -> str | None:
    """The shipped recipe that is meant, if one is; its folder's name may be left out where no other has its name."""
    names = shipped_recipes()
    if Path(source).is_file():
        return None
    return next((name for name in names if str(source) in (name, name.rpartition("/")[2])), None)


def load_recipe(source: str | Path, workspace: Location | None = None) -> Any:
    """Read a recipe file, or a shipped recipe by name.

    Relative paths inside a file start from the file's folder; `workspace`, where given, replaces the recipe's own.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    shipped, path = shipped_name(source), Path(source)
    if shipped is not None:
        return parse_recipe(recipe_text(shipped), where=f"recipe '{source}'", base=Path(), workspace=workspace)
    try:
        text = _text(path)
    except (OSError, UnicodeError, ValueError) as error:
        known = shipped_recipes()
        close = get_close_matches(str(source), known, n=1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        problem = f"it is neither a readable file ({error}) nor a shipped recipe; {hint}shipped: {', '.join(known)}"
        raise RecipeError(f"recipe {source}", [problem]) from error
    return parse_recipe(text, where=str(path), base=path.resolve().parent, workspace=workspace)


def _text(path: Path) -> str:
    with path.open("rb") as file:  # also a pipe, which has no size to look at
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it is longer than {_MOST_BYTES:,} bytes; keep class names in a text file of their own")
    return content.decode("utf-8")


def parse_recipe(text: str, *, where: str, base: Path, workspace: Location | None = None) -> Any:
    """Check a recipe's YAML.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    try:
        content, written = load_with_nodes(text)
    except yaml.YAMLError as error:
        raise RecipeError(where, [f"not valid YAML: {' '.join(str(error).split())}"]) from error
    if not isinstance(content, dict):
        raise RecipeError(where, [f"a recipe is a mapping that starts with 'name:', found {type(content).__name__}"])
    try:
        recipe = check_recipe(content, where=where, base=base)
    except RecipeError as error:
        raise RecipeError(where, with_lines(error.problems, written)) from error
    return recipe if workspace is None else recipe.model_copy(update={"workspace": location(workspace)})


def check_recipe(content: Mapping[str, Any], *, where: str, base: Path) -> Any:
    """Check a recipe's content.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    task = task_of_content(content, where)
    named = {key: value for key, value in content.items() if key != "task"}
    try:
        absolute = task.absolute(named, base)
    except PathError as error:
        raise RecipeError(where, [f"{_key_of(named, error.said) or 'a path'}: {error}"]) from error
    problems: list[str] = []
    try:
        recipe: Envelope = task.recipe.model_validate(absolute)
    except ValidationError as error:
        problems = [tell_mistake(item, task.recipe) for item in error.errors()]
    problems += task.problems(absolute, base)
    if problems:
        raise RecipeError(where, list(dict.fromkeys(problems)))
    return recipe


def task_of_content(content: Mapping[str, Any], where: str) -> Task[Any]:
    """The task that a recipe says, else the first whose mark it bears; what bears none is taken for one of the first task.

    Raises:
        RecipeError: it says a task that there is not.
    """
    known = tasks()
    said = content.get("task")
    if said is not None and (not isinstance(said, str) or said not in known):
        raise RecipeError(where, [f"task: there is no task {cut(repr(said), 200)}; known are {', '.join(known)}"])
    if said is not None:
        return known[said]
    return next((task for task in known.values() if task.mark in content), next(iter(known.values())))


def _key_of(content: Any, said: str) -> str | None:
    """The dotted key under which a text stands first."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if value == said:
                return str(key)
            if inner := _key_of(value, said):
                return f"{key}.{inner}"
    return None
