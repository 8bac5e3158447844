"""Prompts of one data set judged on others: a target that is not there, or cannot be read, stops itself only."""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.sources.specs import source_artifact
from pipeline.stages.whole import figures
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.result import FewShotResult
from pipeline.tasks.few_shot.specs import views_of
from stores.errors import MmptError


def run_transfer(task: BoundFewShot) -> tuple[FewShotResult, dict[str, str]]:
    """Run a recipe on the targets that can be judged.

    What is learned does not depend on them, so a later run with all of them judges only those that were left out.

    Returns:
        the result, and target -> why it was left out.

    Raises:
        MmptError: what is learned from is not there, or the run cannot be done for another reason.
    """
    left_out: dict[str, str] = {}
    while True:
        left_out |= (found := dict(_hindrances(task)))
        for name, reason in found.items():
            task.progress.say(f"{name} was left out: {reason}")
        judged = {name: data for name, data in task.recipe.judge_on.items() if name not in left_out}
        task = replace(task, recipe=task.recipe.model_copy(update={"judge_on": judged}))
        try:
            return figures(task), left_out
        except FewShotError:  # an image is known to be undecodable only when it was tried
            if not dict(_hindrances(task)):
                raise


def _hindrances(task: BoundFewShot) -> Iterator[tuple[str, str]]:
    """Targets that cannot be judged, and why."""
    rejected = {row.key: row.reason for row in task.store.artifact(source_artifact(views_of(task, False))).rejected()}
    for name in task.recipe.judge_on:
        try:
            rows = task.judged(name).rows
        except MmptError as error:
            yield name, str(error)
            continue
        bad = [row for row in rows if row.key in rejected]
        if bad:
            yield (
                name,
                (
                    f"{len(bad)} of {len(rows)} images cannot be decoded, {bad[0].path} for one ({rejected[bad[0].key]}). "
                    "Replace them and run again"
                ),
            )
