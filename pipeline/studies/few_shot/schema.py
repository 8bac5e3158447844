"""The shape of a few-shot study's file; figures are percent, as papers print them."""

from pydantic import Field, ValidationInfo, field_validator

from pipeline.strict import Strict

AVERAGE = "average"
"""The row of all data sets together: of base and novel over all, otherwise over those of which nothing was learned."""
HALVED = ("base", "novel", "H")
WHOLE = ("accuracy",)


class FewShotStudy(Strict):
    """One table or figure of a paper."""

    title: str
    few_shot: str
    """The shipped few-shot recipe with the methods that the table compares."""
    data: tuple[str, ...] = ()
    """Data sets that the recipe is run on, one after the other; with none it is run as it stands."""
    paper: dict[str, dict[str, tuple[float, ...]]] = Field(min_length=1)
    """Data set or `average` -> method -> base, novel and H; the accuracy alone where all classes were learned."""

    @field_validator("paper")
    @classmethod
    def _as_many_figures_as_measures(cls, paper: dict, info: ValidationInfo) -> dict:
        count = len(HALVED if info.data.get("data") else WHOLE)
        for data_set, methods in paper.items():
            for method, figures in methods.items():
                if len(figures) != count:
                    raise ValueError(f"{data_set}, {method}: {count} figures expected, found {len(figures)}")
        return paper

    @property
    def measures(self) -> tuple[str, ...]:
        """What each figure of a method is."""
        return HALVED if self.data else WHOLE

    @property
    def runs(self) -> tuple[str, ...]:
        """What is run, one recipe each: the data sets, or the recipe as it stands."""
        return self.data or (self.few_shot,)
