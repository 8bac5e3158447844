"""Telling a service about new classes without knowing which service it is.

A service registers a function under the entry point group `mmpt_pipeline.classes_added`; ours is in `flows/`, which this package
must not import.
"""

from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from stores.errors import MmptError

GROUP = "mmpt_pipeline.classes_added"

Listener = Callable[[Path, str, Sequence[str]], None]
"""(recipe file, modality, new names)"""


class NotAnnounced(MmptError):
    """The names are in the label file, but no service heard of them."""


def announce_classes(recipe: Path, modality: str, names: Sequence[str]) -> None:
    """Tell every registered service that a recipe got new class names.

    Raises:
        NotAnnounced: there is none, or one could not be told.
    """
    listeners = entry_points(group=GROUP)
    if not listeners:
        raise NotAnnounced(_text("no service is installed that could be told"))
    for found in listeners:
        listener: Listener = found.load()
        try:
            listener(recipe.resolve(), modality, names)
        except (OSError, MmptError) as error:
            raise NotAnnounced(_text(f"{found.name} could not be told ({error})")) from error


def _text(problem: str) -> str:
    return (
        f"the names are in the label file, but {problem}. The service finds them at its next scheduled refresh; or learn "
        "them now with: mmpt-pipeline refresh RECIPE"
    )
