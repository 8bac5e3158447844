"""The work of a run, as every task tells it: what is learned, what is judged, and what is left of both. Free of torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.datasets.aside import Aside
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.fit import Keep
from stores import ArtifactSpec, Store, text_key

RESULT = text_key("result.json")
"""Where an artifact of figures holds them."""


@dataclass(frozen=True)
class Step:
    """One piece of work of a run.

    Attributes:
        stage: the command that does it.
        what: of which source.
        wanted: rows in all (sentences, features, epochs).
        missing: rows still to be made; an estimate where `note` says so.
        bytes: about how many bytes they will take.
        seconds: about how long they will take, by what this workspace has measured; None where it has not.
        note: what is good to know.
        unreadable: (path, reason) of what the data set names and cannot be read; not among `wanted`.
        aside: counts of what else the data set holds and is not judged.
    """

    stage: str
    what: str
    wanted: int
    missing: int
    bytes: int
    note: str = ""
    unreadable: Sequence[tuple[str, str]] = ()
    aside: Sequence[Aside] = ()
    seconds: float | None = None


Item = tuple[str, str]
"""What it is of ("media/image", "texts/image"), and the key of the row or query."""


@dataclass(frozen=True)
class Failure:
    """Why something had failed, and how often it had been tried."""

    reason: str
    attempts: int


@dataclass(frozen=True)
class Unit:
    """What is learned by itself: a method with a seed, and the artifact of its checkpoints.

    Attributes:
        name: what people call it.
        method: its name in the recipe.
        config: the method's options.
        seed: of what is drawn.
        spec: of its checkpoints.
        epochs: to be learned.
        what: as plans call it, together with the other units of that name.
        epoch_bytes: about what a checkpoint takes.
        note: what is good to know.
        keep: which of its checkpoints stay.
    """

    name: str
    method: str
    config: Any
    seed: int
    spec: ArtifactSpec
    epochs: int
    what: str
    epoch_bytes: int
    note: str
    keep: Keep = "all"

    def bytes_of(self, epochs: int) -> int:
        """About what so many epochs more leave on disk."""
        return self.epoch_bytes * min(epochs, {"all": epochs, "best": 2, "last": 1}[self.keep])

    def done(self, store: Store) -> int:
        """Epochs that are learned; all of them where nothing is left to learn."""
        checkpoints = Checkpoints(store.artifact(self.spec))
        return self.epochs if checkpoints.is_finished(self.epochs) else checkpoints.last_epoch() or 0

    def is_finished(self, store: Store) -> bool:
        """Whether nothing is left to learn, as its checkpoints say."""
        return Checkpoints(store.artifact(self.spec)).is_finished(self.epochs)


@dataclass(frozen=True)
class Trial:
    """One result: a unit, or the frozen encoder, on one exam.

    Attributes:
        what: as plans call it, together with the other trials of that name.
        exam: what is judged on.
        unit: None for the frozen encoder alone.
        spec: of the result; None where it cannot be told before what comes before is done.
        rows: files that are judged.
        row_bytes: about what the result takes.
        note: what is good to know.
    """

    what: str
    exam: str
    unit: Unit | None
    spec: ArtifactSpec | None
    rows: int
    row_bytes: int = 0
    note: str = ""

    def is_done(self, store: Store) -> bool:
        """Whether the result is there."""
        return self.spec is not None and not store.artifact(self.spec).missing([RESULT])
