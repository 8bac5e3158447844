"""How few-shot methods are trained; free of torch."""

from typing import Any

from pydantic import Field

from pipeline.strict import Strict


class FewShotTraining(Strict):
    """SGD as the few-shot protocol's library Dassl runs it. A method's config sets its own defaults.

    The rate is that of `pipeline.training.schedules.dassl_rate`: constant through an epoch, the first of them a warm-up at 1e-5.
    """

    epochs: int = Field(5, ge=1, le=1_000_000)
    batch_size: int = Field(4, ge=1)
    """A last batch that is not full is dropped."""
    lr: float = Field(0.002, gt=0)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0)

    def naming_fields(self) -> dict[str, Any]:
        """What names learned prompts: every option but those that serve memory only."""
        return self.model_dump(mode="json", exclude={"chunk"})
