"""Reading the studies that ship with the package."""

from difflib import get_close_matches
from importlib.resources import files

import yaml
from pydantic import ValidationError

from pipeline.studies.schema import Study
from stores.errors import MmptError

_SHIPPED = files("pipeline") / "recipes" / "papers"


class StudyError(MmptError):
    """A study is not there, or cannot be run as asked."""


def study_names() -> list[str]:
    """Names of the studies that ship with the package, in the order of the papers' tables."""
    names = [entry.name.removesuffix(".yaml") for entry in _SHIPPED.iterdir() if entry.name.endswith(".yaml")]
    return sorted(names, key=_natural)


def study_text(name: str) -> str:
    """The YAML of a study.

    Raises:
        StudyError: there is none of that name.
    """
    if name not in study_names():
        close = get_close_matches(name, study_names(), n=1, cutoff=0.4)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise StudyError(f"there is no study '{name}'.{hint} There are: {', '.join(study_names())}")
    return (_SHIPPED / f"{name}.yaml").read_text("utf-8")


def load_study(name: str) -> Study:
    """A study by its name.

    Raises:
        StudyError: there is none of that name, or its file is wrong.
    """
    try:
        return Study.model_validate(yaml.safe_load(study_text(name)))
    except ValidationError as error:
        first = error.errors()[0]
        raise StudyError(f"study '{name}': {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _natural(name: str) -> tuple[str, int]:
    """Table 10 comes after table 9."""
    digits = "".join(char for char in name if char.isdigit())
    return name.rstrip("0123456789"), int(digits or 0)
