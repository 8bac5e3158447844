"""The run that is asked about a user's own clips: which method answers, and what it stands on; no torch, and no data needed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipeline.records import RunRecord
from pipeline.tasks.av.errors import AvError
from pipeline.tasks.av.published import published
from pipeline.tasks.av.recipe import AvRecipe
from pipeline.tasks.av.sources import Form
from pipeline.tasks.av.towers import Towers, towers_of
from pipeline.tasks.published import meant
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, Store

R = TypeVar("R", bound=AvRecipe)
FormOf = Callable[[Towers, int, float], Form]


@dataclass(frozen=True)
class Asked(Generic[R]):
    """Who answers.

    Attributes:
        recipe: of the run.
        method: whose answers are meant.
        seed: of it.
        checkpoints: what it has learned.
        towers: that it stands on.
        form: how clips are read.
    """

    recipe: R
    method: str
    seed: int
    checkpoints: Artifact
    towers: Towers
    form: Form


def _plain(towers: Towers, segments: int, segment_s: float) -> Form:
    return Form(segments, segment_s)


def asked(
    kind: type[R], store: Store, record: RunRecord, method: str | None, seed: int | None, form_of: FormOf = _plain
) -> Asked[R]:
    """The method of a run that answers.

    Args:
        kind: of its recipe.
        store: of the run.
        record: of the run.
        method: None takes what the recipe publishes.
        seed: the same.
        form_of: how clips are read by towers, of so many segments of so many seconds.

    Raises:
        AvError: the run has no such method or seed.
    """

    def learned(name: str, number: int) -> Checkpoints | None:
        found = record.artifacts.get(f"prompts/{name}/{number}")
        return None if found is None else Checkpoints(store.find(found))

    recipe = kind.model_validate({key: value for key, value in record.recipe.items() if key != "task"})
    method, seed = meant(recipe, recipe.methods, published(recipe, learned), method, seed, AvError)
    checkpoints = store.find(record.artifacts[f"prompts/{method}/{seed}"])
    towers, known = towers_of(recipe.encoders), checkpoints.spec.fields
    form = form_of(towers, known["segments"], known["segment_s"])
    return Asked(recipe, method, seed, checkpoints, towers, form)
