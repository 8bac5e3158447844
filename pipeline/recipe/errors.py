"""Every mistake of a recipe, reported at once."""

from collections.abc import Sequence

from pipeline.printable import cut
from stores.errors import MmptError

_LONGEST, _MOST = 2000, 50


class RecipeError(MmptError):
    """A recipe cannot be used; `problems` holds one line for each mistake."""

    def __init__(self, where: str, problems: Sequence[str]):
        self.problems = tuple(cut(problem, _LONGEST) for problem in problems)
        count = f"{len(problems)} mistake{'s' if len(problems) > 1 else ''}"
        lines = "\n".join(f"  - {problem}" for problem in self.problems[:_MOST])
        more = f"\n  - … and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        super().__init__(f"{where}: {count}\n{lines}{more}")
