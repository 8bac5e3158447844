"""Reading the studies that ship with the package: tables of papers, by the task of their recipes."""

from difflib import get_close_matches
from importlib.resources import files
from typing import Any

import yaml
from pydantic import ValidationError

from pipeline.studies.av.run import AV_STUDIES
from pipeline.studies.base import Kind, StudyError
from pipeline.studies.few_shot.run import FEW_SHOT_STUDIES
from pipeline.studies.open_video.run import OPEN_VIDEO_STUDIES
from pipeline.studies.sentences.run import SENTENCES_STUDIES

KINDS: tuple[Kind[Any], ...] = (AV_STUDIES, FEW_SHOT_STUDIES, OPEN_VIDEO_STUDIES, SENTENCES_STUDIES)
_SHIPPED = files("pipeline") / "recipes" / "papers"


def names_of(kind: Kind[Any]) -> list[str]:
    """Names of the studies of a task, in the order of their tables."""
    entries = (_SHIPPED / kind.folder).iterdir()
    return sorted((e.name.removesuffix(".yaml") for e in entries if e.name.endswith(".yaml")), key=_natural)


def study_names() -> list[str]:
    """Names of all studies."""
    return [name for kind in KINDS for name in names_of(kind)]


def kind_of(name: str) -> Kind[Any]:
    """The kind of a study.

    Raises:
        StudyError: there is none of that name.
    """
    for kind in KINDS:
        if name in names_of(kind):
            return kind
    known = study_names()
    close = get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    raise StudyError(f"there is no study '{name}'.{hint} There are: {', '.join(known)}")


def study_text(name: str) -> str:
    """The YAML of a study.

    Raises:
        StudyError: there is none of that name.
    """
    return (_SHIPPED / kind_of(name).folder / f"{name}.yaml").read_text("utf-8")


def load_study(name: str) -> Any:
    """A study by its name, in the shape of its kind.

    Raises:
        StudyError: there is none of that name, or its file is wrong.
    """
    try:
        return kind_of(name).shape.model_validate(yaml.safe_load(study_text(name)))
    except ValidationError as error:
        first = error.errors()[0]
        raise StudyError(f"study '{name}': {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _natural(name: str) -> tuple[str, int]:
    """Table 10 comes after table 9."""
    digits = "".join(char for char in name if char.isdigit())
    return name.rstrip("0123456789"), int(digits or 0)
