"""How long a method has waited for a better epoch: what early stopping goes by.

It is part of every checkpoint, so that a killed run stops where the whole one does.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Waited:
    """What the epochs so far came to.

    Attributes:
        best: the best figure; NaN before the first, and while none was a number.
        epochs: in a row since then, none of them better.
    """

    best: float = math.nan
    epochs: int = 0

    def after(self, figure: float) -> "Waited":
        """With one epoch more. An equal figure is no better one, and one that is no number never is."""
        if math.isnan(figure) or figure <= self.best:
            return Waited(self.best, self.epochs + 1)
        return Waited(figure)
