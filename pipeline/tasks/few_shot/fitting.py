"""Whether recipe and data fit, told before anything is encoded."""

from pipeline.caching.needs import Input
from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.methods.registry import method_of
from pipeline.runs.work import Unit
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError, NotTrained
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.specs import loop_cut
from pipeline.training.fit import Fit


def require_fitting(task: BoundFewShot) -> None:
    """Check every method of a recipe against the encoder and the shots.

    Raises:
        FewShotError: naming every method that cannot be learned.
    """
    fewest = min(len(task.shots(seed).rows) for seed in task.recipe.seeds)
    problems = []
    for config in task.recipe.methods.values():
        try:
            loop_cut(task, config)
            require_a_batch(fewest, config)
            for seed in task.recipe.seeds:
                require_each_class(task.shots(seed), config)
        except FewShotError as error:
            problems.append(str(error))
    if problems:
        raise FewShotError("\n".join(dict.fromkeys(problems)))


def require_a_batch(shots: int, config: FewShotOptions) -> None:
    """Check that there is something to learn from; only whole batches are learned from.

    Raises:
        FewShotError: there are fewer shots than a batch of a method takes.
    """
    how = method_of(config).fit(config)
    if isinstance(how, Fit) and shots < how.batch_of(shots):
        raise FewShotError(
            f"few-shot: {shots} shots do not fill one batch of {how.batch}. Lower batch_size, or raise shots"
        )


def require_each_class(shots: Labelled, config: FewShotOptions) -> None:
    """Check that a method that needs one has a labelled image of every class.

    Raises:
        FewShotError: naming a class that has none.
    """
    method, seen = method_of(config), set(shots.labels)
    lacking = [name for label, name in enumerate(shots.classes) if label not in seen]
    if method.each_class and lacking:
        shown = f"'{lacking[0]}'" + (f" and {len(lacking) - 1} more" if len(lacking) > 1 else "")
        raise FewShotError(
            f"few-shot: {method.name} needs a labelled image of every class, and the training split has none of {shown}. "
            f"Add some, or leave {method.name} out"
        )


def require_trained(task: BoundFewShot, unit: Unit) -> None:
    """Check that a method is learned.

    Raises:
        NotTrained: it is not there, or not at its last epoch.
    """
    if not unit.is_finished(task.store):
        done = unit.done(task.store)
        state = f"stands at epoch {done} of {unit.epochs}" if done else "is not trained"
        raise NotTrained(f"{unit.name} {state}. Train it first: mmpt-pipeline train RECIPE")


def require_decoded(task: BoundFewShot, made: Input) -> None:
    """Check that every image could be decoded.

    Raises:
        FewShotError: one could not; figures of other images could not be compared.
    """
    wanted = {row.key: row for row in made.rows}
    refused = [each for each in task.store.artifact(made.need.spec(task.recipe.cache)).rejected() if each.key in wanted]
    if refused:
        first = refused[0]
        raise FewShotError(
            f"few-shot: {len(refused)} of {len(wanted)} {task.files} cannot be decoded, {wanted[first.key].path} for one "
            f"({first.reason}). Figures of other {task.files} could not be compared; replace them and run again, or have them "
            "tried again: mmpt-pipeline retry RECIPE --failed"
        )
