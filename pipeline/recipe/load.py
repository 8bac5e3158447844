"""From YAML to a checked `Recipe`. All mistakes are gathered and told together; unknown keys name the nearest key."""

from collections.abc import Iterator
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline.encoders.cards import card, with_media
from pipeline.labels import MODALITIES, load_labels
from pipeline.recipe.errors import RecipeError
from pipeline.recipe.nearest import tell_mistake
from pipeline.recipe.plain_yaml import load_yaml
from pipeline.recipe.schema import Recipe, unknown_modalities
from pipeline.recipe.workspace import from_folder
from stores.address import Location, location
from stores.errors import MmptError

_SHIPPED = files("pipeline") / "recipes"


def shipped_recipes() -> list[str]:
    """Names of the recipes that ship with the package."""
    return _names(_SHIPPED)


def recipe_text(name: str) -> str:
    """The YAML of a shipped recipe."""
    return (_SHIPPED / f"{name}.yaml").read_text("utf-8")


def load_recipe(source: str | Path, workspace: Location | None = None) -> Recipe:
    """Read a recipe file, or a shipped recipe by name.

    Relative paths inside a file start from the file's folder; `workspace`, where given, replaces the recipe's own.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    path = Path(source)
    few_shot = [f"few-shot/{name}" for name in _names(_SHIPPED / "few-shot")]  # which `parse_recipe` sends elsewhere
    if str(source) in [*shipped_recipes(), *few_shot] and not path.is_file():
        return parse_recipe(recipe_text(str(source)), where=f"recipe '{source}'", base=Path(), workspace=workspace)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        close = get_close_matches(str(source), shipped_recipes(), n=1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        problem = f"it is neither a readable file ({error}) nor a shipped recipe; {hint}shipped: {', '.join(shipped_recipes())}"
        raise RecipeError(f"recipe {source}", [problem]) from error
    return parse_recipe(text, where=str(path), base=path.resolve().parent, workspace=workspace)


def parse_recipe(text: str, *, where: str, base: Path, workspace: Location | None = None) -> Recipe:
    """Check a recipe's YAML.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    try:
        content = load_yaml(text)
    except yaml.YAMLError as error:
        raise RecipeError(where, [f"not valid YAML: {' '.join(str(error).split())}"]) from error
    if not isinstance(content, dict):
        raise RecipeError(where, [f"a recipe is a mapping that starts with 'name:', found {type(content).__name__}"])
    if "methods" in content and "modalities" not in content:
        raise RecipeError(
            where, ["it has 'methods', so it is a few-shot recipe. Run it with: mmpt-pipeline run RECIPE"]
        )
    content = _with_absolute_paths(content, base)
    problems = []
    try:
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        problems = [tell_mistake(item, Recipe) for item in error.errors()]
    problems += _problems(content, base)
    if problems:
        raise RecipeError(where, list(dict.fromkeys(problems)))
    return recipe if workspace is None else recipe.model_copy(update={"workspace": location(workspace)})


def _names(folder: Traversable) -> list[str]:
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def labels_of(recipe: Recipe) -> dict[str, list[str]]:
    """The class names of every modality."""
    return {name: load_labels(config.labels) for name, config in recipe.modalities.items()}


def _problems(content: dict, base: Path) -> Iterator[str]:
    """What the shape alone does not tell: labels and encoders that cannot be used.

    The raw content is read, so that these are told together with mistakes of shape, whoever's they are.
    """
    modalities = content.get("modalities")
    if not isinstance(modalities, dict):
        return
    if problem := unknown_modalities(modalities):
        yield f"modalities: {problem}"
    for name, config in modalities.items():
        if name not in MODALITIES or not isinstance(config, dict):
            continue
        labels, encoder = config.get("labels"), config.get("encoder")
        if isinstance(labels, str) or isinstance(labels, list) and all(isinstance(x, str) for x in labels):
            yield from _labels_problems(name, labels, base)
        if isinstance(encoder, str):
            yield from _encoder_problems(name, encoder, config.get("media"))


def _labels_problems(modality: str, labels: str | list[str], base: Path) -> Iterator[str]:
    try:
        load_labels(labels, base)
    except MmptError as error:
        yield f"modalities.{modality}.{error}"  # which begins with "labels: "


def _encoder_problems(modality: str, encoder: str, media: Any) -> Iterator[str]:
    try:
        found = card(encoder)
    except MmptError as error:
        yield f"modalities.{modality}.encoder: {error}"
        return
    if found.modality != modality:
        yield f"modalities.{modality}.encoder: '{encoder}' encodes {found.modality}, not {modality}"
    elif isinstance(media, dict):
        try:
            with_media(found, media)
        except MmptError as error:
            yield f"modalities.{modality}.{error}"  # which begins with "media"


_PATHS = ("root", "file", "annotations")


def _with_absolute_paths(content: dict, base: Path) -> dict:
    """Paths of a recipe, relative to its folder, made absolute before anything reads them."""
    content = {**content}
    modalities = content.get("modalities")
    if isinstance(modalities, dict):
        content["modalities"] = {name: _modality_paths(config, base) for name, config in modalities.items()}
    if isinstance(content.get("workspace"), str):
        content["workspace"] = from_folder(base, content["workspace"])
    if isinstance(content.get("generate"), dict):
        content["generate"] = _generate_paths(content["generate"], base)
    ensemble = content.get("evaluate")
    if isinstance(ensemble, dict) and isinstance(ensemble.get("ensemble"), dict):
        scores = {name: _path(base, str(path)) for name, path in ensemble["ensemble"].items()}
        content["evaluate"] = {**ensemble, "ensemble": scores}
    return content


def _modality_paths(config: Any, base: Path) -> Any:
    if not isinstance(config, dict):
        return config
    config = {**config}
    labels, data = config.get("labels"), config.get("data")
    if isinstance(labels, str) and _path(base, labels).is_file():
        config["labels"] = str(_path(base, labels))
    if isinstance(data, dict):
        config["data"] = {k: _path(base, v) if k in _PATHS and isinstance(v, str) else v for k, v in data.items()}
    return config


def _generate_paths(config: dict, base: Path) -> dict:
    config = {**config}
    if isinstance(config.get("model"), str):
        config["model"] = _if_there(base, config["model"])
    if isinstance(config.get("vllm"), dict) and isinstance(config["vllm"].get("python"), str):
        config["vllm"] = {**config["vllm"], "python": _path(base, config["vllm"]["python"])}
    if isinstance(config.get("imports"), dict):
        imports = config["imports"] = {**config["imports"]}
        for part, absolute in (("files", _path), ("find", _if_there)):
            if isinstance(imports.get(part), dict):
                named = imports[part].items()
                imports[part] = {m: absolute(base, text) if isinstance(text, str) else text for m, text in named}
    return config


def _if_there(base: Path, text: str) -> str:
    """The absolute path of what lies there; a name of something else (a label set, a hub id) as it is."""
    return str(_path(base, text)) if _path(base, text).exists() else text


def _path(base: Path, text: str) -> Path:
    return base / Path(text).expanduser()
