"""How few-shot methods are trained; free of torch."""

from typing import Any

from pydantic import Field

from pipeline.strict import Strict
from pipeline.training.fit import Fit, Sgd, Solved


class FewShotOptions(Strict):
    """What the options of every few-shot method have; a method's own derive from this, or from a class below."""

    def naming_fields(self) -> dict[str, Any]:
        """What names what is learned: every option but those that serve memory only."""
        return self.model_dump(mode="json", exclude={"chunk"})

    @property
    def fit(self) -> Fit | Solved:
        """How the method is learned; where nothing else is said it is solved at once."""
        return Solved()


class FewShotTraining(FewShotOptions):
    """SGD as the few-shot protocol's library Dassl runs it. A method's config sets its own defaults.

    The rate is that of `pipeline.training.schedules.dassl_rate`: constant through an epoch, the first of them a warm-up at 1e-5.
    """

    epochs: int = Field(5, ge=1, le=1_000_000)
    batch_size: int = Field(4, ge=1)
    """A last batch that is not full is dropped."""
    lr: float = Field(0.002, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)

    @property
    def fit(self) -> Fit:
        """Every epoch is kept."""
        optimiser = Sgd(self.momentum, self.weight_decay)
        return Fit(optimiser, {"": self.lr}, "dassl", self.epochs, self.batch_size)
