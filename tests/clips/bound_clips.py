"""A recipe of clips is written into a folder, and bound to the workspace beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from pipeline.runs.bound import Bound
from pipeline.tasks.load import load_recipe
from pipeline.telemetry.progress import Progress

B = TypeVar("B", bound=Bound[Any])


def binders(kind: type[B]) -> tuple[Callable[[Path, dict[str, Any]], B], Callable[[Path], B]]:
    """What writes a recipe and binds it, and what binds the one that a folder has already.

    Args:
        kind: of bound recipe.
    """

    def bound_of(folder: Path) -> B:
        return kind(load_recipe(folder / "recipe.yaml", folder / "workspace"), "cpu", Progress.silent())

    def opened(folder: Path, content: dict[str, Any]) -> B:
        (folder / "recipe.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
        return bound_of(folder)

    return opened, bound_of
