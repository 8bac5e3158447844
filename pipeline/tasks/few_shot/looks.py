"""What a report shows of the inside of learned methods, made while the run is judged; `pictures` says where it is kept."""

from collections.abc import Callable

from pipeline.encoders.errors import EncoderError
from pipeline.runner.worker_state import load_encoder
from pipeline.runs.work import Unit
from pipeline.tasks.few_shot import pictures
from pipeline.tasks.few_shot.attention import attention_maps
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.confidence import confidences
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.learn import Trained, trained
from stores import Artifact, Rejection


def make_pictures(task: BoundFewShot, keep: Callable[[Artifact], None]) -> None:
    """Compute what is missing.

    Args:
        task: a recipe whose methods are learned.
        keep: given every artifact at once, so that nobody takes it for garbage.
    """
    learned: dict[str, Trained] = {}

    def ready(unit: Unit) -> Trained:
        if unit.method not in learned:
            encoder = load_encoder(task.card, task.device, task.recipe.cache.compute)
            learned[unit.method] = trained(task, encoder, unit)
        return learned[unit.method]

    for unit in pictures.confident_units(task):
        for name in task.test_sets:
            _confidences(task, unit, pictures.sampled(task, name), ready, keep)
    for _, found in pictures.shown(task):
        for unit in pictures.attentive_units(task):
            _attention(task, unit, found, ready, keep)


def _confidences(
    task: BoundFewShot,
    unit: Unit,
    found: Labelled,
    ready: Callable[[Unit], Trained],
    keep: Callable[[Artifact], None],
) -> None:
    artifact, keys = pictures.confidences_of(task, unit, found), [row.key for row in found.rows]
    if artifact.missing(keys):
        made = confidences(task, unit, ready(unit), found)
        with artifact.writer() as writer:
            if artifact.missing(keys):
                writer.publish(keys, made)
    keep(artifact)


def _attention(
    task: BoundFewShot,
    unit: Unit,
    found: Labelled,
    ready: Callable[[Unit], Trained],
    keep: Callable[[Artifact], None],
) -> None:
    """Maps; where the tower does not tell its attention, that is why the rows are rejected."""
    artifact, keys = pictures.attention_of(task, unit, found), [row.key for row in found.rows]
    if artifact.missing(keys):
        try:
            made, reason = {"maps": attention_maps(task, unit, ready(unit), found)}, ""
        except EncoderError as error:
            made, reason = {}, str(error)
        with artifact.writer() as writer:
            if artifact.missing(keys):
                refused = [Rejection(key=key, reason=reason) for key in keys] if reason else []
                writer.publish([] if reason else keys, made, rejected=refused)
    keep(artifact)
