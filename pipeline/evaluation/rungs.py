"""What is judged beside zero-shot and the learned pools: the other rungs of the ladder, and what a run publishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.evaluation.intervals import interval
from pipeline.evaluation.result import Gain, Kind, MethodResult, ModalityResult, SentencesUsed
from pipeline.evaluation.similarity import Floats

_BESIDE: tuple[Kind, ...] = ("external", "ensemble")
"""Kinds that stand beside the ladder."""


@dataclass(frozen=True)
class Rungs:
    """The ladder of one modality.

    Attributes:
        kinds: name -> kind, of those whose name does not tell it.
        scores: name -> (n, C) of those that judge files together, higher for likelier.
        undefined: name -> why it has no answer here.
        order: all names, lowest first; those that are not named come last.
        published: name of what the run answers with.
        learned_from: what became of the sentences.
    """

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    scores: Mapping[str, Floats] = field(default_factory=dict)
    undefined: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[str] = ()
    published: str | None = None
    learned_from: SentencesUsed | None = None

    def place(self, name: str) -> int:
        """Where it stands."""
        return self.order.index(name) if name in self.order else len(self.order)


NO_RUNGS = Rungs()


def compared(
    methods: Sequence[MethodResult], drawn: Mapping[str, Floats], result: ModalityResult
) -> list[MethodResult]:
    """The methods with what each has more than the better zero-shot baseline and than the rung below it.

    Args:
        methods: in the order of the ladder.
        drawn: name -> its primary metric on every draw of files, of those that have an answer.
        result: whose primary metric counts.
    """
    baseline, below, found = result.best("zero-shot"), None, []
    for method in methods:
        changes: dict[str, Gain | None] = {}
        if method.metrics and baseline is not None and method.kind != "zero-shot":
            changes["over_zero_shot"] = _gain(method, baseline, drawn, result)
        if method.metrics and method.kind not in _BESIDE:
            if below is not None:
                changes["over_below"] = _gain(method, below, drawn, result)
            below = method
        found.append(method.model_copy(update=changes))
    return found


def _gain(method: MethodResult, other: MethodResult, drawn: Mapping[str, Floats], result: ModalityResult) -> Gain:
    low, high = interval(drawn[method.name] - drawn[other.name])
    difference = method.metrics[result.primary] - other.metrics[result.primary]
    return Gain(over=other.name, difference=difference, low=low, high=high)
