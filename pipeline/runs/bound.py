"""A recipe bound to where it runs: what every stage of every task needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, Self, TypeVar

from pipeline.alarms import STAGES, Alarm, as_values, from_values
from pipeline.recipe.envelope import Envelope
from pipeline.records import RunRecord, read_run, run_folder, update_run
from pipeline.runner.base import Runner
from pipeline.runs.draft import Draft
from pipeline.telemetry.progress import Progress
from stores import Store
from stores.address import Location

R = TypeVar("R", bound=Envelope)


@dataclass(frozen=True)
class Bound(Generic[R]):
    """A recipe bound to its workspace, a device and a place to show progress.

    What is looked up is looked up once: a task's own kind of these keeps its labels, files and sentences.

    Attributes:
        recipe: what is learned and judged.
        device: where models run.
        progress: shows what is done.
        runner: whose workers do the work; None does it here.
        retry_failed: whether what was rejected before is tried again, or which of it: of what, and the key of the row or query.
        draws: whether media of the miniature world are drawn; a plan only names them.
        draft: where notes go instead of the run's record, of a run that is only tried.
    """

    recipe: R
    device: str
    progress: Progress
    runner: Runner | None = field(default=None, kw_only=True)
    retry_failed: bool | frozenset[tuple[str, str]] = field(default=False, kw_only=True)
    draws: bool = field(default=True, kw_only=True)
    draft: Draft | None = field(default=None, kw_only=True)

    @cached_property
    def store(self) -> Store:
        """The artifacts of the workspace."""
        return Store(self.recipe.workspace)

    def retried(self, what: str) -> bool | frozenset[str]:
        """Whether, or which, rejected rows of "media/image", "texts/image", … are tried again."""
        if isinstance(self.retry_failed, bool):
            return self.retry_failed
        return frozenset(key for of, key in self.retry_failed if of == what)

    def without_drawing(self) -> Self:
        """The same, or one that draws nothing."""
        return replace(self, draws=False) if self.draws else self

    @property
    def folder(self) -> Location:
        """Where this recipe's run record and report lie."""
        return run_folder(self.recipe.workspace, self.recipe.name)

    def record(self) -> RunRecord:
        """This recipe's run record; an empty one before the first run."""
        return self.draft.published if self.draft else read_run(self.folder) or RunRecord()

    def note(self, artifacts: dict[str, str], facts: Mapping[str, str] | None = None, **changes: object) -> None:
        """Write down which artifacts the run stands on, and facts that nothing depends on."""

        def change(record: RunRecord) -> None:
            record.artifacts.update(artifacts)
            record.facts.update(facts or {})
            for name, value in changes.items():
                setattr(record, name, value)

        if self.draft:
            change(self.draft.notes)
        else:
            update_run(self.folder, change)

    def warn(self, stage: str, alarms: Iterable[Alarm]) -> None:
        """Keep what is wrong with what a stage left, in the place of what was wrong before."""
        values = as_values(alarms)
        if self.draft is not None:
            keep_warnings(self.draft.notes, stage, values)
        elif self.record().warnings.get(stage, []) != values:
            update_run(self.folder, lambda record: keep_warnings(record, stage, values))

    def warnings(self, until: str = STAGES[-1], since: str = STAGES[0]) -> list[Alarm]:
        """What is wrong with what the run has made, from a stage to a stage."""
        return kept_warnings(self.record(), until, since)

    def took(self, stage: str, seconds: float) -> None:
        """Keep how long a stage took when it last had something to do, among the facts of the run."""
        update_run(self.folder, lambda record: record.facts.update({f"seconds/{stage}": f"{seconds:.1f}"}))


def kept_warnings(record: RunRecord, until: str = STAGES[-1], since: str = STAGES[0]) -> list[Alarm]:
    """The alarms in a record, from a stage to a stage, in their order."""
    stages = STAGES[STAGES.index(since) : STAGES.index(until) + 1]
    return [alarm for stage in stages for alarm in from_values(record.warnings.get(stage, []))]


def keep_warnings(record: RunRecord, stage: str, values: list[dict[str, Any]]) -> None:
    """Put the alarms of a stage into a record; a stage without one leaves no trace."""
    if values:
        record.warnings[stage] = values
    else:
        record.warnings.pop(stage, None)
