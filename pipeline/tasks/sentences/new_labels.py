"""The class names of a new recipe: where they come from, and the label file that is written beside it."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.folder import class_folders, class_name, flat_files
from pipeline.datasets.tables import read_labelled
from pipeline.labels import load_labels, shipped_label_sets
from pipeline.labels.names import composed, folded_together
from pipeline.recipe.errors import RecipeError


@dataclass(frozen=True)
class NewLabels:
    """Class names as a recipe is to name them.

    Attributes:
        names: the classes.
        file: a label file of the user's own.
        shipped: a set that ships with the package.
    """

    names: list[str]
    file: Path | None = None
    shipped: str | None = None

    @property
    def fits_a_file(self) -> bool:
        """Whether a label file holds these names: none begins with #, and no two differ by letter case alone."""
        return not folded_together(self.names) and not any(name.startswith("#") for name in self.names)


def asked_labels(asked: str) -> NewLabels:
    """What `--labels` says: a text file, a shipped set, or names with commas between them.

    Raises:
        LabelError: it is none of these, or the names cannot be used.
    """
    if Path(asked).is_file():
        return NewLabels(load_labels(asked), file=Path(asked))
    if "," in asked and asked not in shipped_label_sets():
        (names,) = csv.reader([asked], skipinitialspace=True)
        return NewLabels(load_labels([name for name in names if name.strip()]))
    return NewLabels(load_labels(asked), shipped=asked)


def found_labels(place: Path, modality: str) -> NewLabels:
    """The class names that a folder or a table tells by itself."""
    names = labels_in(place, modality) if place.is_dir() else list(dict.fromkeys(_in_table(place)))
    return NewLabels(load_labels(names))


def labels_in(root: Path, modality: str) -> list[str]:
    """Class names that a folder tells by itself: its sub-folders, or the names of its files.

    Raises:
        DatasetError: there is no such folder, or nothing in it.
    """
    names = [folder.name for folder in class_folders(root)] or [class_name(p) for p in flat_files(root, modality)]
    plain = [" ".join(composed(name).replace("_", " ").split()) for name in names]  # Macs hand names out decomposed
    found = list(dict.fromkeys(name for name in plain if name))
    if not found:
        raise DatasetError(
            f"data: neither sub-folders nor file names of {root} tell a class (first: {names[0]!r}). "
            f"Sort the files into {root.name}/<class name>/, or give --labels with a text file of class names."
        )
    return found


def _in_table(file: Path) -> Iterator[str]:
    found = False
    for _, labels in read_labelled(file, "text"):
        for label in labels:
            found = True
            yield " ".join(composed(label).replace("_", " ").split())
    if not found:
        raise RecipeError(
            "recipes new",
            [
                f"{file} has no labels, so it does not tell the classes; give them: --labels names.txt, or --labels cat,dog"
            ],
        )
