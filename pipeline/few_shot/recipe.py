"""The shape of a few-shot recipe; free of torch."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from pipeline.methods.baselines.config import CoCoOpConfig, CoOpConfig, IndependentConfig, VisualPromptConfig
from pipeline.methods.prompt.config import PromptConfig
from pipeline.recipe.data import FewShotData, ImagenetData
from pipeline.recipe.errors import RecipeError
from pipeline.recipe.nearest import tell_mistake
from pipeline.recipe.schema import CacheConfig
from pipeline.strict import Strict

_SHIPPED = files("pipeline") / "recipes" / "few-shot"
_TEXT_ONLY = (CoOpConfig, CoCoOpConfig)


class ShapesData(Strict):
    """Single shapes of the miniature world, drawn on demand."""

    layout: Literal["miniature-shapes"]
    seed: int = Field(1000, ge=0)
    train_per_class: int = Field(32, ge=1)
    test_per_class: int = Field(40, ge=1)


class FewShotCacheConfig(CacheConfig):
    """How inputs are made: in float32, unless told otherwise, so that learning from the store is learning from the files."""

    dtype: Literal["float16", "float32"] = "float32"


MethodConfig = Annotated[
    PromptConfig | CoOpConfig | CoCoOpConfig | VisualPromptConfig | IndependentConfig, Field(discriminator="method")
]


class FewShotRecipe(Strict):
    """Base to novel on one data set: shots of half of the classes are learned, both halves are judged."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    workspace: Path = Path("workspace")
    encoder: str = "clip-vit-b16-openai"
    data: Annotated[FewShotData | ImagenetData | ShapesData, Field(discriminator="layout")]
    shots: int = Field(16, ge=1)
    """Labelled images a class."""
    seeds: tuple[int, ...] = Field((1, 2, 3), min_length=1)
    """Of the shots and of what learning draws; figures are means over them."""
    views: int = Field(8, ge=1)
    """Random crops of every image that are stored; epoch e sees view (e - 1) modulo this."""
    smallest_crop: float = Field(0.08, gt=0, le=1)
    """Smallest share of an image's area that a random crop keeps; the papers' 0.08 suits photographs of one thing."""
    inputs: Literal["auto", "pixels", "patches"] = "auto"
    """What the loop reads of an image: its pixels (exact) or its patches as they enter the first block; `auto` takes what is
    smaller on the disk."""
    cache: FewShotCacheConfig = FewShotCacheConfig()
    methods: dict[str, MethodConfig] = Field(min_length=1)
    """What is learned and compared: a name of yours -> its options."""

    @field_validator("methods", mode="before")
    @classmethod
    def _named_like_their_method(cls, methods: Any) -> Any:
        """A name that is a method's need not say `method:` again."""
        if not isinstance(methods, Mapping):
            return methods
        return {
            name: {"method": name, **(options or {})} if _is_options(options) else options
            for name, options in methods.items()
        }


def needs_images(config: Strict) -> bool:
    """Whether the method puts prompts into the image tower; otherwise image features are all it needs."""
    return not isinstance(config, _TEXT_ONLY)


def shipped_few_shot_recipes() -> list[str]:
    """Names of the few-shot recipes that ship with the package."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _SHIPPED.iterdir() if entry.name.endswith(".yaml"))


def load_few_shot_recipe(source: str | Path, workspace: Path | None = None) -> FewShotRecipe:
    """Read a recipe file, or a shipped recipe by name; relative paths start from the file's folder.

    Raises:
        RecipeError: listing everything that is wrong with it.
    """
    path = Path(source)
    shipped = str(source) in shipped_few_shot_recipes() and not path.is_file()
    where = f"recipe '{source}'" if shipped else str(path)
    try:
        text = (_SHIPPED / f"{source}.yaml").read_text("utf-8") if shipped else path.read_text("utf-8")
        content = yaml.safe_load(text)
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
    base = Path() if shipped else path.resolve().parent
    try:
        recipe = FewShotRecipe.model_validate(_with_absolute_paths(content, base))
    except ValidationError as error:
        raise RecipeError(where, [tell_mistake(item, FewShotRecipe) for item in error.errors()]) from error
    return recipe if workspace is None else recipe.model_copy(update={"workspace": workspace})


def _with_absolute_paths(content: dict, base: Path) -> dict:
    content = {**content}
    if isinstance(content.get("workspace"), str):
        content["workspace"] = base / Path(content["workspace"]).expanduser()
    data = content.get("data")
    if isinstance(data, dict) and isinstance(data.get("root"), str):
        content["data"] = {**data, "root": base / Path(data["root"]).expanduser()}
    return content


def _is_options(options: object) -> bool:
    return options is None or isinstance(options, Mapping)
