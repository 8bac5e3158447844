"""Names first, and sentences believed by how many they are and how well they agree: published where no more can be proven.

The length of the sum of a class's unit sentences is both at once: n sentences that say one thing have length n, n that say
different things have about the root of n. Sentences as long as `WORTH` weigh as much as the name would; they never weigh more
than `MOST` of it. The bound is what cannot hurt: many sentences that miss the files' style pull a class as far as few.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.label_free.base import Material, Rung, unit

WORTH = 5.0
"""Length of the sum of sentences that weighs as the name."""

MOST = 0.7
"""Weight that sentences have at most; the name has 1."""


def weighed(material: Material) -> NDArray[np.float64]:
    """w_c = norm(z_c + min(|S_c| / 5, 0.7) norm(S_c)), (C, d): S_c the sum of the unit sentences of c, z_c its name."""
    length = np.linalg.norm(material.sums, axis=1, keepdims=True)
    return unit(material.prior + np.minimum(length / WORTH, MOST) * unit(material.sums))


WEIGHED = Rung("names + sentences, weighed", "label-free", weighed)
