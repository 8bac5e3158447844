"""Which file holds the class names of a recipe, for those who add some."""

from pathlib import Path

import yaml

from pipeline.labels import shipped_label_sets
from pipeline.recipe.errors import RecipeError
from pipeline.tasks.load import load_recipe, shipped_recipes


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
    modalities = load_recipe(source).modalities
    files = {
        name: Path(config.labels)
        for name, config in modalities.items()
        if isinstance(config.labels, str) and config.labels not in shipped_label_sets()
    }
    if modality is None and len(files) == 1:
        ((modality, file),) = files.items()
        return modality, file
    if modality is None:
        modality = next(iter(modalities)) if len(modalities) == 1 else None
    if modality is None:
        problem = f"tell which modality the classes are of: --modality {' or '.join(files or modalities)}"
        raise RecipeError(source, [problem])
    if modality not in modalities:
        raise RecipeError(source, [f"--modality {modality}: the recipe has {', '.join(modalities)}"])
    if modality not in files:
        raise RecipeError(source, [_elsewhere(modality, modalities[modality].labels)])
    return modality, files[modality]


def _elsewhere(modality: str, labels: str | list[str]) -> str:
    if isinstance(labels, str):
        return (
            f"modalities.{modality}.labels is the shipped set '{labels}', which is not yours to change. Write its names and "
            "yours to a text file, one a line, and name that file there"
        )
    shown = yaml.safe_dump(labels[:3], default_flow_style=True, allow_unicode=True).strip()
    return (
        f"modalities.{modality}.labels is a list in the recipe itself ({shown[:60]}). Add the names there; or write them to a "
        "text file, one a line, and name that file there: then 'classes add' can"
    )
