"""A path that a recipe says, made absolute; one that no file system can have is refused before anything is asked about it."""

import os
from pathlib import Path

from stores.errors import MmptError

_LONGEST_NAME = 255
_LONGEST_PATH = 4096


class PathError(MmptError):
    """A recipe says a path that cannot be one.

    Attributes:
        said: the path as it stands in the recipe.
    """

    def __init__(self, said: str, problem: str):
        """Keep what was said, by which its key is found again."""
        super().__init__(problem)
        self.said = said


def absolute_path(base: Path, said: str) -> Path:
    """What a recipe in the folder `base` means by a path; `~` is its user's home.

    Raises:
        PathError: it names a home that there is not, or is longer than any file system takes.
    """
    try:
        found = base / Path(said).expanduser()
    except RuntimeError:
        user = said.partition("/")[0]
        raise PathError(said, f"{user} is the home of nobody here; write the folder in full, or ./{user}") from None
    longest = max((len(os.fsencode(part)) for part in found.parts), default=0)
    if longest > _LONGEST_NAME or len(os.fsencode(found)) >= _LONGEST_PATH:
        raise PathError(
            said,
            f"a path of {len(os.fsencode(found)):,} bytes whose longest name has {longest:,}; a file's name has at most "
            f"{_LONGEST_NAME} bytes and a path fewer than {_LONGEST_PATH:,}. Write a shorter one",
        )
    return found
