"""How a tower reads what is stored, where it is not its own kind of input. Free of torch."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from pipeline.encoders.encoder import Encoder
    from pipeline.encoders.tower import Tower


class Reading(Protocol):
    """A method's way of reading stored rows by an encoder's tower; workers get it, so it can be pickled."""

    @property
    def fields(self) -> Mapping[str, object]:
        """All that can change what is made; it names the artifact."""
        ...

    def rows(self, keys: Sequence[str], stored: np.ndarray) -> np.ndarray:
        """What the tower reads of stored rows: the same, or views of them (n, K, ...)."""
        ...

    def tower(self, encoder: "Encoder") -> "Tower":
        """The encoder's tower as it reads them."""
        ...
