"""A classifier as plain arrays: class vectors, and how cosines with them become probabilities. Free of torch.

Dims: n files, C classes, d width of the embedding space.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.encoders.cards import EncoderCard, Score
from pipeline.evaluation.independent import Independent
from pipeline.evaluation.similarity import Floats, cosine_scores, probabilities, unit_rows
from pipeline.evaluation.strangers import Familiar


@dataclass(frozen=True)
class Readout:
    """What a run answers with about one modality.

    Attributes:
        name: of the classifier, as the tables call it.
        card: of the encoder whose features it takes.
        labels: its C classes.
        vectors: (C, d), of any length.
        score: how cosines become probabilities where files show one class.
        independent: of probabilities and thresholds where they show several; None where nothing was fitted.
        familiar: what the run's own files look like; None where that is not known.
    """

    name: str
    card: EncoderCard
    labels: Sequence[str]
    vectors: Floats
    score: Score
    independent: Independent | None = None
    familiar: Familiar | None = None

    @property
    def encoder(self) -> str:
        """The encoder's name."""
        return self.card.name

    def probabilities(self, features: Floats) -> Floats:
        """Of features (n, d): (n, C). A row does not depend on the others, to the last bit."""
        if self.independent is not None:
            several: Floats = self.independent.probabilities(cosine_scores(features, self.vectors))
            return several
        units = unit_rows(self.vectors)
        return np.stack([probabilities(unit_rows(row[None]) @ units.T, self.score)[0] for row in features])

    def named(self, features: Floats, strangers: bool = False) -> Floats:
        """The same, with 0 for every class that is not named: below its threshold, or of a file that resembles none.

        Args:
            features: (n, d).
            strangers: whether files that resemble none of the run's own get no class; `familiar` is known then.
        """
        shares = self.probabilities(features)
        if self.independent is not None:
            shares = np.where(shares >= self.independent.thresholds, shares, 0.0)
        if strangers:
            assert self.familiar is not None, "nobody knows what the run's own files look like"
            shares = np.where(self.familiar.strangers(features)[:, None], 0.0, shares)
        return shares
