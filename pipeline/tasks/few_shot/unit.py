"""One method with one seed, learned and judged: the unit of work of a few-shot run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.runner.worker_state import load_encoder
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.judge import Judged, judge, judge_zero_shot
from pipeline.tasks.few_shot.learn import learn
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.telemetry.progress import Progress


@dataclass(frozen=True)
class Outcome:
    """What a unit comes back with.

    Attributes:
        judged: accuracies.
        trainable: how many numbers were learned.
        kept: fingerprints of its artifacts.
    """

    judged: Judged
    trainable: int
    kept: tuple[str, ...]


@dataclass(frozen=True)
class LearnUnit:
    """The unit.

    Attributes:
        recipe: all its paths are those of the client.
        device: where it computes.
        method: its name in the recipe; None is the frozen encoder, of which nothing is learned.
        seed: of the shots and of learning.
    """

    recipe: FewShotRecipe
    device: str
    method: str | None
    seed: int
    talks: bool = False

    @property
    def name(self) -> str:
        """What people call it."""
        what = "zero-shot" if self.method is None else f"{self.method} with seed {self.seed}"
        return f"few-shot '{self.recipe.name}', {what}"

    @property
    def files(self) -> Sequence[str]:
        """Too many to name."""
        return []

    def run(self, progress: Progress) -> Outcome:
        """Learn and judge here."""
        return self.within(BoundFewShot(self.recipe, self.device, progress))

    def within(self, task: BoundFewShot) -> Outcome:
        """The same for a task that is there already."""
        before = len(task.kept())
        if self.method is None:
            return Outcome(judge_zero_shot(task), 0, task.kept()[before:])
        config = task.recipe.methods[self.method]
        encoder = load_encoder(task.card, task.device, task.recipe.cache.compute)
        trained = learn(task, encoder, config, self.seed)
        return Outcome(judge(task, encoder, config, trained), trained.trainable, task.kept()[before:])


def results_of(task: BoundFewShot, units: Sequence[LearnUnit]) -> Iterator[tuple[LearnUnit, Outcome]]:
    """Do units in order, or have the runner's workers do them; yields each with what it came to."""
    if task.runner is None:
        yield from ((unit, unit.within(task)) for unit in units)
        return
    with task.progress.task("learn and judge", total=len(units), unit="run") as bar:
        for number, outcome in task.runner.run_all(units):
            for fingerprint in outcome.kept:
                task.keep(fingerprint)
            bar.advance()
            yield units[number], outcome
