"""What became of a few-shot recipe: every method with every seed, beside the frozen encoder. Free of torch."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from pipeline.caching.summary import encoded
from pipeline.evaluation.harmonic import BaseNovel
from pipeline.runs.work import RESULT, Trial, Unit
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import NotJudged
from pipeline.tasks.few_shot.fitting import require_trained
from pipeline.tasks.few_shot.recipe import ZERO_SHOT
from pipeline.tasks.few_shot.work import trainable, unanswered, unit_trials, units, zero_shot_trials


@dataclass(frozen=True)
class Judged:
    """Accuracies, as fractions.

    Attributes:
        accuracies: test set -> after each iteration; the last is the method's. NaN where it gives no answer.
    """

    accuracies: Mapping[str, tuple[float, ...]]

    @property
    def base(self) -> tuple[float, ...]:
        """Of base classes among base names."""
        return self.accuracies["base"]

    @property
    def novel(self) -> tuple[float, ...]:
        """Of novel classes among novel names."""
        return self.accuracies["novel"]


@dataclass(frozen=True)
class FewShotResult:
    """Accuracies of everything that was compared.

    Attributes:
        runs: name -> one result a seed; the frozen encoder has one, whatever the seed.
        trainable: name -> how many numbers were learned.
        others: names of the data sets of which nothing was learned; none where base and novel classes were judged.
        files: test images.
        unanswered: name -> test set -> why the method gives no answer there.
    """

    runs: Mapping[str, Sequence[Judged]]
    trainable: Mapping[str, int]
    others: tuple[str, ...] = ()
    files: int = 0
    unanswered: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """What the history of a run keeps: how many images there are to judge."""
        return {"files": self.files}

    def brief(self) -> dict[str, dict[str, float]]:
        """The accuracies, as far as there are any."""
        return {
            name: {exam: share for exam, share in found.items() if not math.isnan(share)}
            for name, found in self.accuracies().items()
        }

    def accuracies(self) -> dict[str, dict[str, float]]:
        """Name -> test set -> mean over the seeds, after the last iteration."""
        return {
            name: {test_set: fmean(run.accuracies[test_set][-1] for run in found) for test_set in found[0].accuracies}
            for name, found in self.runs.items()
        }

    def means(self) -> dict[str, BaseNovel]:
        """Name -> base and novel accuracy, where these were judged."""
        return {name: BaseNovel(found["base"], found["novel"]) for name, found in self.accuracies().items()}

    def averages(self) -> dict[str, float]:
        """Name -> mean over the data sets of which nothing was learned; empty where there are none."""
        found = self.accuracies() if self.others else {}
        return {name: fmean(accuracies[other] for other in self.others) for name, accuracies in found.items()}


def entry(made: Unit | Trial) -> str:
    """What the run's record calls the checkpoints of a unit, or a result."""
    if isinstance(made, Unit):
        return f"prompts/{made.method}/{made.seed}"
    return (
        f"accuracies/{made.what}/{made.exam}/{made.unit.seed}" if made.unit else f"accuracies/{made.what}/{made.exam}"
    )


def read_result(task: BoundFewShot) -> FewShotResult:
    """What was judged, read back from the store.

    Raises:
        NotTrained: a method is not learned.
        NotJudged: something is not judged yet.
    """
    runs: dict[str, list[Judged]] = {ZERO_SHOT: [_read(task, list(zero_shot_trials(task)))]}
    count, silent = {ZERO_SHOT: 0}, dict[str, dict[str, str]]()
    for unit in units(task):
        require_trained(task, unit)
        why = {exam: reason for exam in task.test_sets if (reason := unanswered(task, unit, exam))}
        found = _read(task, list(unit_trials(task, unit))).accuracies
        judged = Judged({exam: found.get(exam, (math.nan,)) for exam in task.test_sets})
        runs.setdefault(unit.method, []).append(judged)
        silent |= {unit.method: why} if why else {}
        count[unit.method] = trainable(task, unit.config)
    files = sum(len(task.judged(name).rows) for name in task.test_sets)
    return FewShotResult(runs, count, tuple(task.recipe.judge_on), files, silent)


def news(task: BoundFewShot, stage: str, found: Any) -> str:
    """One line, or a few, about what a stage came to."""
    if stage == "cache":
        return encoded(found)
    if stage == "train":
        return f"{found.epochs} epochs now" if found.epochs else "nothing to learn"
    lines = []
    for name, runs in found.runs.items():
        for seed, run in zip(
            task.recipe.seeds, runs, strict=False
        ):  # the frozen encoder has one run, whatever the seed
            told = ", ".join(f"{test_set} {percent(shares[-1], '%')}" for test_set, shares in run.accuracies.items())
            lines.append(f"{name}: {told}" if name == ZERO_SHOT else f"{name}, seed {seed}: {told}")
    return "\n".join([f"{found.files:,} {task.files} judged", *lines, *reasons(found)])


def reasons(found: FewShotResult) -> list[str]:
    """A line a method and test set without an answer: why that is."""
    return [f"n/a: {name} on {exam}: {why}" for name, each in found.unanswered.items() for exam, why in each.items()]


def percent(share: float, sign: str = "") -> str:
    """A share in percent; "n/a" where there is none."""
    return "n/a" if math.isnan(share) else f"{100 * share:.1f}{sign}"


def _read(task: BoundFewShot, trials: Sequence[Trial]) -> Judged:
    found = {}
    for trial in trials:
        if not trial.is_done(task.store) or trial.spec is None:
            raise NotJudged(
                f"few-shot '{task.recipe.name}': {trial.what} is not judged on {trial.exam} yet. "
                "Judge it first: mmpt-pipeline evaluate RECIPE"
            )
        found[trial.exam] = tuple(json.loads(task.store.artifact(trial.spec).blob(RESULT)))
    return Judged(found)
