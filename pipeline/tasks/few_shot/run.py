"""A whole few-shot recipe: every method with every seed, beside the frozen encoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from pipeline.evaluation.harmonic import BaseNovel
from pipeline.runner.worker_state import holding_encoder
from pipeline.tasks.few_shot.ahead import cache_ahead
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.fitting import require_fitting
from pipeline.tasks.few_shot.judge import Judged
from pipeline.tasks.few_shot.recipe import ZERO_SHOT
from pipeline.tasks.few_shot.unit import LearnUnit, results_of
from pipeline.telemetry.recorded import recorded_run


@dataclass(frozen=True)
class FewShotResult:
    """Accuracies of everything that was compared.

    Attributes:
        runs: name -> one result a seed; the frozen encoder has one, whatever the seed.
        trainable: name -> how many numbers were learned.
        others: names of the data sets of which nothing was learned; none where base and novel classes were judged.
    """

    runs: Mapping[str, Sequence[Judged]]
    trainable: Mapping[str, int]
    others: tuple[str, ...] = ()

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


@recorded_run("few-shot")
def run_few_shot(task: BoundFewShot) -> FewShotResult:
    """Cache, learn and judge; what is there is not done again.

    Raises:
        FewShotError: the recipe and the data do not fit.
    """
    recipe = task.recipe
    seeds = [(name, seed) for name in recipe.methods for seed in recipe.seeds]
    units = [LearnUnit(recipe, task.device, name, seed) for name, seed in [(None, recipe.seeds[0]), *seeds]]
    runs: dict[str, list[Judged]] = {}
    trainable: dict[str, int] = {}
    require_fitting(task)
    with holding_encoder():
        cache_ahead(task)
        for unit, outcome in results_of(task, units):
            name = unit.method or ZERO_SHOT
            runs.setdefault(name, []).append(outcome.judged)
            trainable[name] = outcome.trainable
            told = ", ".join(f"{test_set} {shares[-1]:.1%}" for test_set, shares in outcome.judged.accuracies.items())
            task.progress.say(f"{name}, seed {unit.seed}: {told}" if unit.method else f"{name}: {told}")
    task.finish()
    return FewShotResult(runs, trainable, tuple(recipe.judge_on))
