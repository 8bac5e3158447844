"""Single steps of a few-shot recipe, for tests of what lies between them."""

from pipeline.encoders.encoder import Encoder
from pipeline.stages.cache import cache
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.learn import Trained, learn, trained
from pipeline.tasks.few_shot.work import unit_of


def learned(task: BoundFewShot, encoder: Encoder, name: str, seed: int) -> Trained:
    """A method, learned where it is not yet."""
    unit = unit_of(task, name, seed)
    if not unit.is_finished(task.store):
        cache(task)
        learn(task, encoder, unit)
    return trained(task, encoder, unit)
