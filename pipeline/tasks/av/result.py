"""What became of a recipe of clips: every method with every seed, beside what needs no model. Free of torch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pipeline.evaluation.intervals import Interval
from pipeline.runs.work import Trial
from pipeline.tasks.av.bound import BoundAv
from pipeline.tasks.av.errors import NotJudged
from pipeline.tasks.av.sides import Sides
from pipeline.tasks.av.work import TEST, published_by

S = TypeVar("S")


@dataclass(frozen=True)
class MethodFigures:
    """What a method reaches on what is judged, all seeds together.

    Attributes:
        name: as the recipe has it.
        numbers: part -> how many numbers are learned.
        scores: figure -> value and interval; methods are compared by the first of them.
        over_first: that figure beside the recipe's first method, paired; None for that one.
        over_before: the same beside the method before it; None for the first two, where it says nothing more.
        seeds: that figure of each seed.
        epochs: the epoch that answers, of each seed.
    """

    name: str
    numbers: Mapping[str, int]
    scores: Mapping[str, Interval]
    over_first: Interval | None
    over_before: Interval | None
    seeds: tuple[float, ...]
    epochs: tuple[int, ...]

    @property
    def main(self) -> Interval:
        """What methods are compared by."""
        return next(iter(self.scores.values()))


@dataclass(frozen=True)
class AvResult(Generic[S]):
    """Figures of everything that was compared.

    Attributes:
        methods: in the order of the recipe.
        beside: what needs no model: name -> figures.
        clips: judged.
        listed: clips that the data set names for test.
        silent: judged clips without sound.
        blind: judged clips without picture.
        protocol: on which clips the epochs were chosen.
        published: the method that answers.
        seed: of it.
        frozen: the recipe's first method that learns nothing inside the towers and reads both sides; empty where there is none.
        over_frozen: the published method beside that, paired; None where it is that one, or there is none.
    """

    methods: tuple[MethodFigures, ...]
    beside: Mapping[str, S]
    clips: int
    listed: int
    silent: int = 0
    blind: int = 0
    protocol: str = "val"
    published: str = ""
    seed: int = 0
    frozen: str = ""
    over_frozen: Interval | None = None

    @property
    def partial(self) -> bool:
        """Whether the figures are of fewer clips than the data set has."""
        return self.clips < self.listed

    @property
    def counts(self) -> dict[str, int]:
        """What the history of a run keeps."""
        return {"clips": self.clips}

    def brief(self) -> dict[str, float]:
        """What methods are compared by, of every method."""
        return {each.name: each.main.value for each in self.methods}

    def of(self, name: str) -> MethodFigures:
        """The figures of a method."""
        return next(each for each in self.methods if each.name == name)


Over = Callable[[str, str], Interval]
"""What a method has more than another, paired."""


def methods_of(
    bound: BoundAv[Any, Any], scores: Mapping[str, Mapping[str, Interval]], over: Over,
    seeds: Mapping[str, tuple[float, ...]], epochs: Mapping[str, tuple[int, ...]],
) -> tuple[MethodFigures, ...]:  # fmt: skip
    """Every method of the recipe beside the first, and beside the one before it.

    Args:
        bound: the recipe.
        scores: method -> figure -> value and interval.
        over: of the figure that methods are compared by.
        seeds: method -> that figure of each seed.
        epochs: method -> the epoch that answers, of each seed.
    """
    names = list(bound.recipe.methods)
    return tuple(
        MethodFigures(
            name, bound.numbers_of(bound.recipe.methods[name]), scores[name],
            over(name, names[0]) if place else None, over(name, names[place - 1]) if place > 1 else None,
            seeds[name], epochs[name],
        )
        for place, name in enumerate(names)
    )  # fmt: skip


def beside_frozen(bound: BoundAv[Any, Any], frozen: str, over: Over) -> dict[str, Any]:
    """Who is published, and what it has more than the head on frozen towers, as fields of a result.

    Args:
        bound: the recipe.
        frozen: the first method that learns nothing inside the towers and reads both sides; empty where there is none.
        over: see `methods_of`.
    """
    own, seed = published_by(bound)
    more = over(own, frozen) if frozen and own != frozen else None
    return {"published": own, "seed": seed, "frozen": frozen, "over_frozen": more}


def require_judged(bound: BoundAv[Any, Any], trial: Trial) -> None:
    """Check that a result is there.

    Raises:
        NotJudged: it is not.
    """
    if trial.spec is None or not trial.is_done(bound.store):
        raise NotJudged(
            f"{bound.part} '{bound.recipe.name}': {trial.what} is not judged yet. Judge it first: mmpt-pipeline evaluate RECIPE"
        )


def judged_clips(bound: BoundAv[Any, Any], sides: Sides) -> Any:
    """The test clips of which there is a picture or a sound."""
    return sides.usable(bound.of(TEST))
