"""Every mistake of a recipe, reported at once."""

from collections.abc import Sequence

from stores.errors import MmptError


class RecipeError(MmptError):
    """A recipe cannot be used; `problems` holds one line for each mistake."""

    def __init__(self, where: str, problems: Sequence[str]):
        self.problems = tuple(problems)
        count = f"{len(problems)} mistake{'s' if len(problems) > 1 else ''}"
        lines = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(f"{where}: {count}\n{lines}")
