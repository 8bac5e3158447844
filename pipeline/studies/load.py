"""Reading the studies that ship with the package: tables of papers that learn from sentences, and of few-shot papers."""

from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import TypeVar

import yaml
from pydantic import ValidationError

from pipeline.strict import Strict
from pipeline.studies.few_shot.schema import FewShotStudy
from pipeline.studies.schema import Study
from stores.errors import MmptError

_SHIPPED = files("pipeline") / "recipes" / "papers"
_FEW_SHOT = _SHIPPED / "few-shot"
AnyStudy = TypeVar("AnyStudy", bound=Strict)


class StudyError(MmptError):
    """A study is not there, or cannot be run as asked."""


def study_names() -> list[str]:
    """Names of the studies of papers that learn from sentences, in the order of their tables."""
    return _names(_SHIPPED)


def few_shot_study_names() -> list[str]:
    """Names of the studies of few-shot papers, in the order of their tables."""
    return _names(_FEW_SHOT)


def study_text(name: str) -> str:
    """The YAML of a study.

    Raises:
        StudyError: there is none of that name.
    """
    known = [*study_names(), *few_shot_study_names()]
    if name not in known:
        close = get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise StudyError(f"there is no study '{name}'.{hint} There are: {', '.join(known)}")
    return ((_SHIPPED if name in study_names() else _FEW_SHOT) / f"{name}.yaml").read_text("utf-8")


def load_study(name: str) -> Study:
    """A study by its name.

    Raises:
        StudyError: there is none of that name, or its file is wrong.
    """
    return _load(name, Study)


def load_few_shot_study(name: str) -> FewShotStudy:
    """A few-shot study by its name.

    Raises:
        StudyError: there is none of that name, or its file is wrong.
    """
    return _load(name, FewShotStudy)


def _load(name: str, kind: type[AnyStudy]) -> AnyStudy:
    try:
        return kind.model_validate(yaml.safe_load(study_text(name)))
    except ValidationError as error:
        first = error.errors()[0]
        raise StudyError(f"study '{name}': {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _names(folder: Traversable) -> list[str]:
    names = [entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    return sorted(names, key=_natural)


def _natural(name: str) -> tuple[str, int]:
    """Table 10 comes after table 9."""
    digits = "".join(char for char in name if char.isdigit())
    return name.rstrip("0123456789"), int(digits or 0)
