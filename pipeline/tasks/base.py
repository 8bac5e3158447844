"""What a task is: the examples of a recipe, what is learned of them, and how answers are scored.

Stages, plans, status and retry know tasks by this and by nothing else. What is here is free of torch; where a task needs it,
its methods import it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pipeline.alarms import Alarm
from pipeline.caching.needs import Input
from pipeline.encoders.cards import EncoderCard
from pipeline.evaluation.beside import Answered
from pipeline.evaluation.readout import Readout
from pipeline.recipe.envelope import Envelope
from pipeline.records import RunRecord
from pipeline.report.pieces import Piece
from pipeline.runs.bound import Bound
from pipeline.runs.work import Failure, Item, Step, Trial, Unit
from pipeline.tasks.growth import Growth
from pipeline.text.select import Sentence
from stores import MmptError, Store

if TYPE_CHECKING:
    from pipeline.predictions import Prediction
    from stores.address import Location

B = TypeVar("B", bound=Bound[Any])
Failures = Mapping[Item, Failure]
"""What failed, why, and how often it was tried."""


class NoReadout(MmptError):
    """A run's answers cannot be had as plain arrays."""


class NotComparable(MmptError):
    """A run's answers cannot be had example by example."""


class Task(Generic[B]):
    """One kind of recipe; a task of your own derives from this.

    Attributes:
        name: what a recipe may say under `task:`.
        mark: the key by which a recipe that says no `task:` is known as one of these.
        recipe: the shape of its recipes.
        bound: its kind of bound recipe.
        shipped: folder of its shipped recipes, below `pipeline/recipes`; empty for that folder itself, None for none.
        prepares: what `generate-texts` does for it; empty for a task that writes nothing before it encodes.
        words: how its plans call the stages.
        entries: what the names of its inputs begin with in a run record.
        rejected: what a plan says behind the number of rejected rows.
        judges_on: where it is judged, if not where the user says.
        asks: whether `predict` answers questions about files, and nothing without one.
        growth: how its classes grow; None for a task whose classes are those of its data.
    """

    name: ClassVar[str]
    mark: ClassVar[str]
    recipe: ClassVar[type[Envelope]]
    bound: ClassVar[type[Bound[Any]]]
    shipped: ClassVar[str | None] = None
    prepares: ClassVar[str] = ""
    words: ClassVar[Mapping[str, str]] = {"cache": "cache-features", "train": "train", "evaluate": "evaluate"}
    entries: ClassVar[str] = ""
    rejected: ClassVar[str] = "rejected"
    judges_on: ClassVar[str | None] = None
    asks: ClassVar[bool] = False
    growth: ClassVar[Growth[Any] | None] = None

    def absolute(self, content: dict[str, Any], base: Path) -> dict[str, Any]:
        """A recipe's content with its paths made absolute; they start from a folder."""
        return content

    def problems(self, content: dict[str, Any], base: Path) -> Iterable[str]:
        """What else than the shape is wrong with a recipe's content, a line each; its paths are absolute."""
        return ()

    def check(self, bound: B) -> None:
        """Tell what can be told before anything is made.

        Raises:
            MmptError: recipe and data do not fit.
        """

    def preparation(self, bound: B) -> Iterator[Step]:
        """What is to be written before anything is encoded."""
        return iter(())

    def prepare(self, bound: B) -> Any:
        """Write it; returns a summary for each source."""

    def written(self, bound: B) -> Mapping[str, Sequence[Sentence]]:
        """Source -> the sentences of it that are learned from; empty for a task that learns from none."""
        return {}

    def inputs(self, bound: B) -> Sequence[Input]:
        """Everything that is decoded and encoded once, in the order in which it is made."""
        raise NotImplementedError

    def encoders(self, bound: B) -> Sequence[EncoderCard]:
        """The frozen networks that it needs, each once: those of its inputs, and what else runs while it learns."""
        return list(dict.fromkeys(each.need.card for each in self.inputs(bound) if each.need.card is not None))

    def refuse(self, bound: B, made: Input) -> None:
        """Stop where too much of an input was rejected.

        Raises:
            MmptError: naming what was rejected, and what to do.
        """

    def units(self, bound: B) -> Sequence[Unit]:
        """What is learned."""
        raise NotImplementedError

    def learn(self, bound: B, unit: Unit) -> int:
        """Learn a unit to its last epoch, from its newest checkpoint; returns how many epochs that took now."""
        raise NotImplementedError

    def learned(self, bound: B, epochs: Mapping[str, int]) -> Any:
        """What the train stage came to, with `epochs` and `counts`; notes what the run stands on.

        Args:
            bound: the recipe.
            epochs: name of a unit -> epochs learned now.
        """
        raise NotImplementedError

    def lacking(self, bound: B) -> Sequence[Unit]:
        """Those that there is something to do for."""
        return [unit for unit in self.units(bound) if not unit.is_finished(bound.store)]

    def extras(self, bound: B) -> Iterator[Step]:
        """What else training is asked for."""
        return iter(())

    def trials(self, bound: B) -> Sequence[Trial]:
        """What is judged."""
        raise NotImplementedError

    def judge(self, bound: B, unit: Unit | None, trials: Sequence[Trial]) -> None:
        """Publish the results of a unit, or of the frozen encoder."""
        raise NotImplementedError

    def judged(self, bound: B) -> Any:
        """The result of the whole run, read back, with `counts` and `brief()`; notes what it stands on."""
        raise NotImplementedError

    def alarms(self, bound: B, stage: str, found: Any = None) -> Iterable[Alarm]:
        """What a user must know of what a stage left, though nothing failed; each with what to do.

        Args:
            bound: the recipe.
            stage: one of `pipeline.alarms.STAGES`; "plan" is asked before anything is made.
            found: what the stage came to.
        """
        return ()

    def news(self, bound: B, stage: str, found: Any) -> str:
        """What to say of what a stage came to, while a whole run goes on."""
        raise NotImplementedError

    def tables(self, bound: B, stage: str, found: Any) -> list[Any]:
        """What "train" or "evaluate" came to, for people: what rich can print."""
        raise NotImplementedError

    def page(self, bound: B, stage: str, found: Any) -> Iterable[Piece]:
        """What a service shows of "generate", "train" or "evaluate" on the page of a run."""
        return ()

    def values(self, bound: B, stage: str, found: Any) -> Any:
        """The same for programs: what JSON can hold. The stage may also be "run", whose outcome has a `result` and a `report`."""
        raise NotImplementedError

    def shows(self, bound: B) -> list[Any]:
        """Everything that the report shows, as plain values: it is drawn again where they differ."""
        raise NotImplementedError

    def draw(self, bound: B, path: "Location") -> None:
        """Draw the report."""
        raise NotImplementedError

    def entry(self, made: Unit | Trial) -> str | None:
        """What the run record calls an artifact as soon as it is made, so that nobody takes it for garbage.

        None for one that `learned` or `judged` notes.
        """
        return made.name if isinstance(made, Unit) else f"{made.what}/{made.exam}"

    def failed(self, bound: B) -> Failures:
        """What failed before anything was encoded."""
        return {}

    def named(self, bound: B) -> Mapping[str, str]:
        """Fingerprint -> name of artifacts that the recipe works on, besides inputs and units."""
        return {}

    def judged_modalities(self, record: RunRecord) -> Sequence[str]:
        """What kinds of files a finished run can answer about."""
        raise NotImplementedError

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> "list[Prediction]":
        """Answer about a user's own files by a finished run; the options are those of `tasks.asking.Asking`."""
        raise NotImplementedError

    def readouts(self, store: Store, record: RunRecord, method: str | None = None) -> Mapping[str, Readout]:
        """What a finished run answers with as plain arrays, by modality; another classifier than the published one by its name.

        Raises:
            NoReadout: what it learned is no class vectors.
        """
        raise NoReadout(
            f"what runs of the task '{self.name}' learn is no class vectors, and cannot be taken away as arrays. Ask them about "
            "files: mmpt-pipeline predict RUN FILES"
        )

    def answered(self, bound: B) -> Mapping[str, Answered]:
        """How well the published answers of a judged run fit, exam by exam and example by example; makes nothing.

        Raises:
            NotComparable: the task keeps figures only.
            MmptError: the run is not judged, or its data are not there any more.
        """
        raise NotComparable(
            f"compare: runs of the task '{self.name}' keep figures, and not what they said of each file. Put both methods into "
            "one recipe: its table compares them"
        )
