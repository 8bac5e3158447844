"""Is a data set whole? Counted class by class, without reading a media file."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.datasets.aside import Aside
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.layout import Layout
from pipeline.datasets.read import Config, open_files
from pipeline.reading import reading
from pipeline.recipe.data import Data


@dataclass(frozen=True)
class ClassCount:
    """Files of one class; a file of several classes counts in each."""

    label: str
    found: int
    missing: int


@dataclass(frozen=True)
class Check:
    """What is there of a data set.

    Attributes:
        found: files that are there.
        missing: how many files are named and not there.
        expected: files that the complete data set names; None where copies differ.
        unlabelled: files, there or not, that carry no class of the run.
        classes: counts of every class of the run, in the order of its labels.
        unknown: (name, files) of the data set's classes that are no class of the run.
        missing_files: all of those, in the order of the data set.
        problems: (sample, reason) of what names no file at all.
        aside: counts of what lies beside the files.
    """

    found: int
    missing: int
    expected: int | None
    unlabelled: int
    classes: tuple[ClassCount, ...]
    unknown: tuple[tuple[str, int], ...]
    missing_files: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    aside: tuple[Aside, ...] = ()


def data_config(layout: Layout, options: dict[str, Any]) -> Config:
    """The `data` part of a recipe for a layout.

    Raises:
        DatasetError: an option is unknown, lacks, or has a value that is not allowed.
    """
    config: Any = None
    problems = [
        f"{name}: says what is done with the files, not which they are" for name in Data.model_fields if name in options
    ]
    try:
        config = layout.config.model_validate({"layout": layout.name, **options})
    except ValidationError as error:
        problems += [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    if problems:
        told, allowed = "\n  - ".join(problems), ", ".join(layout.names_of_options())
        raise DatasetError(f"data: layout '{layout.name}' cannot be used so:\n  - {told}\nIts options: {allowed}")
    return config


def check_data(layout: Layout, config: Config, modality: str, labels: Sequence[str], workspace: Path) -> Check:
    """Look for every file that the data set names.

    Args:
        layout: of the data set.
        config: where it lies, and which split of it is meant.
        modality: video, image or audio.
        labels: the classes of the run.
        workspace: where media of tars are copied to.

    Raises:
        DatasetError: the root does not hold the layout.
    """
    files = open_files(config, modality, labels, workspace)
    here: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    found, unlabelled, missing = 0, 0, []
    for path, names in files.files:
        with reading(path):
            there = path.is_file()
        found += there
        unlabelled += not names
        (here if there else gone).update(names)
        if not there:
            missing.append(str(path))
    default = all(getattr(config, name) == value for name, value in layout.options().items())
    return Check(
        found=found,
        missing=len(missing),
        expected=layout.count if default else None,
        unlabelled=unlabelled,
        classes=tuple(ClassCount(label, here[label], gone[label]) for label in labels),
        unknown=tuple(files.unknown.most_common()),
        missing_files=tuple(missing),
        problems=tuple(files.problems),
        aside=files.tally.told(),
    )
