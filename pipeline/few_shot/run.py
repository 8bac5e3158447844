"""A whole few-shot recipe: every method with every seed, beside the frozen encoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.encoders.load import load_encoder
from pipeline.evaluation.harmonic import BaseNovel, mean
from pipeline.few_shot.judge import Judged, judge, judge_zero_shot
from pipeline.few_shot.learn import learn
from pipeline.few_shot.task import Task

ZERO_SHOT = "zero-shot"


@dataclass(frozen=True)
class FewShotResult:
    """Accuracies of everything that was compared.

    Attributes:
        runs: name -> one result a seed; the frozen encoder has one, whatever the seed.
    """

    runs: Mapping[str, Sequence[Judged]]

    def means(self) -> dict[str, BaseNovel]:
        """Name -> mean over the seeds, after the last iteration."""
        return {name: mean([BaseNovel(x.base[-1], x.novel[-1]) for x in found]) for name, found in self.runs.items()}


def run_few_shot(task: Task) -> FewShotResult:
    """Cache, learn and judge; what is there is not done again.

    Raises:
        FewShotError: the recipe and the data do not fit.
    """
    recipe = task.recipe
    encoder = load_encoder(task.card, task.device, recipe.cache.compute)
    runs: dict[str, list[Judged]] = {ZERO_SHOT: [judge_zero_shot(task, encoder)]}
    for name, config in recipe.methods.items():
        runs[name] = []
        for seed in recipe.seeds:
            trained = learn(task, encoder, config, seed)
            found = judge(task, encoder, config, trained)
            runs[name].append(found)
            task.progress.say(f"{name}, seed {seed}: base {found.base[-1]:.1%}, novel {found.novel[-1]:.1%}")
    task.finish()
    return FewShotResult(runs)
