"""State of a few-shot recipe, and trying again images that were rejected; free of torch.

A rejected image stops a few-shot run, since figures of other images could not be compared. What is mended has other bytes and
is another row; a retry is for a decoder that ran out of time or memory.
"""

from collections.abc import Iterator
from itertools import chain

from pipeline.datasets.rows import MediaRow
from pipeline.few_shot.plan import plan_few_shot
from pipeline.few_shot.specs import input_specs, loop_cut, prompts_spec, sentences_spec, views_of
from pipeline.few_shot.task import Task
from pipeline.operations import retry_note
from pipeline.operations.recorded import recorded_run
from pipeline.operations.retry import Failed, Tried, outcome, tried_and_mended
from pipeline.operations.retry_note import Failure, Item
from pipeline.operations.status import Status, called_by, status_of
from pipeline.runs import run_folder
from pipeline.sources.cache import cache_source
from pipeline.sources.specs import source_artifact
from stores import ArtifactSpec
from stores.address import Location

_SETS = {True: "shots", False: "test images"}


def few_shot_status(task: Task) -> Status:
    """The state of a recipe: its artifacts, what its next run has to do, its last runs.

    Args:
        task: the recipe; one that draws nothing.
    """
    called = called_by(task.store.workspace, task.recipe.name)
    wanted = dict.fromkeys(called, "") | dict(_named(task))
    artifacts = [
        (a, wanted[a.spec.fingerprint] or a.spec.kind) for a in task.store.artifacts() if a.spec.fingerprint in wanted
    ]
    return status_of(task.store, task.recipe.name, artifacts, plan_few_shot(task))


def find_failed_images(task: Task) -> Failed:
    """The recipe's images that could not be decoded."""
    return {item: failure.reason for item, failure in _failures(task).items()}


def retry_failed_images(task: Task) -> list[Tried]:
    """Decode again what failed; a retry that was killed is gone on with."""
    found = _retry(task)
    retry_note.end(_folder(task))
    return found


@recorded_run("retry", tried_and_mended)
def _retry(task: Task) -> list[Tried]:
    before, config = retry_note.begin(_folder(task), _failures(task)), task.recipe.cache
    untried = retry_note.untried(before, _failures(task))
    for training, name in _SETS.items():
        rows = [row for row in _rows(task, training) if (name, row.key) in untried]
        if rows:
            cache_source(
                task.store, views_of(task, training), rows,
                progress=task.progress, workers=config.workers, timeout_s=config.timeout_s, retry_rejected=True,
            )  # fmt: skip
    return outcome({item: failure.reason for item, failure in before.items()}, find_failed_images(task))


def _failures(task: Task) -> dict[Item, Failure]:
    found: dict[Item, Failure] = {}
    for training, name in _SETS.items():
        artifact = task.store.artifact(source_artifact(views_of(task, training)))
        rejected = {row.key: Failure(row.reason, row.attempts) for row in artifact.rejected()}
        found |= {(name, row.key): rejected[row.key] for row in _rows(task, training) if row.key in rejected}
    return found


def _folder(task: Task) -> Location:
    return run_folder(task.recipe.workspace, task.recipe.name)


def _rows(task: Task, training: bool) -> Iterator[MediaRow]:
    found = map(task.shots, task.recipe.seeds) if training else map(task.judged, task.test_sets)
    return chain.from_iterable(each.rows for each in found)


def _named(task: Task) -> Iterator[tuple[str, str]]:
    """Fingerprint and name of what the recipe, as it is now, makes of images and sentences and learns."""
    methods = task.recipe.methods.items()
    for training, name in _SETS.items():
        specs = (spec for _, config in methods for spec in input_specs(task, loop_cut(task, config), training))
        yield from ((spec.fingerprint, _told(name, spec)) for spec in specs)
    yield sentences_spec(task).fingerprint, "sentences"
    for seed in task.recipe.seeds:
        shots = task.shots(seed)
        yield from ((prompts_spec(task, config, seed, shots).fingerprint, name) for name, config in methods)


def _told(what: str, spec: ArtifactSpec) -> str:
    return f"{what}, {'pixels' if spec.kind == 'sources' else spec.fields['cut']}"
