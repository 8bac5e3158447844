"""What a method of a recipe of open-vocabulary video reaches. Free of torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline.evaluation.intervals import Interval


@dataclass(frozen=True)
class MethodFigures:
    """What a method reaches.

    Attributes:
        name: as the recipe has it.
        numbers: how many it learns.
        figures: base, novel and H -> value and interval.
        over: the same beside frozen CLIP, paired; empty for frozen CLIP.
        seeds: exam -> accuracy of each seed; of several halves one half after the other.
        epochs: the epoch that answers, in the same order.
        diagnostics: row of Table 5 -> exam -> accuracy, mean over the seeds; empty for what has none.
        other: flow or sound, of MOV.
        alone: clips of both exams that were judged by their frames alone.
        halves: exam -> accuracy of each drawn half, mean over the seeds; one number where there is one half.
        elsewhere: other data set -> accuracy among its own names, by the path of novel ones.
        elsewhere_over: the same beside frozen CLIP, paired; empty for frozen CLIP.
    """

    name: str
    numbers: int
    figures: Mapping[str, Interval]
    over: Mapping[str, Interval]
    seeds: Mapping[str, tuple[float, ...]]
    epochs: tuple[int, ...]
    diagnostics: Mapping[str, Mapping[str, float]]
    other: str = ""
    alone: int = 0
    halves: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    elsewhere: Mapping[str, Interval] = field(default_factory=dict)
    elsewhere_over: Mapping[str, Interval] = field(default_factory=dict)
