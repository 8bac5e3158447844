"""Which of the two kinds of recipe a name or a file is."""

from pathlib import Path

import yaml

from pipeline.few_shot.load import PREFIX, shipped_few_shot_recipes
from pipeline.recipe.load import shipped_recipes
from pipeline.recipe.plain_yaml import load_yaml


def is_few_shot(source: str | Path) -> bool:
    """Whether a recipe learns from labelled images: it has `methods` and no `modalities`.

    What is no readable mapping is not; the loader of the other kind then tells what is wrong with it.
    """
    name = str(source)
    if not Path(source).is_file():
        return name.startswith(PREFIX) or name in shipped_few_shot_recipes() and name not in shipped_recipes()
    try:
        content = load_yaml(Path(source).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return False
    return isinstance(content, dict) and "methods" in content and "modalities" not in content
