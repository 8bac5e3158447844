"""Whether recipe and data fit, told before anything is encoded."""

from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.specs import loop_cut


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
            require_a_batch(fewest, config.batch_size)
        except FewShotError as error:
            problems.append(str(error))
    if problems:
        raise FewShotError("\n".join(dict.fromkeys(problems)))


def require_a_batch(shots: int, batch_size: int) -> None:
    """Check that there is something to learn from; only whole batches are learned from.

    Raises:
        FewShotError: there are fewer shots than a batch takes.
    """
    if shots < batch_size:
        raise FewShotError(
            f"few-shot: {shots} shots do not fill one batch of {batch_size}. Lower batch_size, or raise shots"
        )
