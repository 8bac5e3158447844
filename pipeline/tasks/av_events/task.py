"""The task: events of clips, second by second, learned from picture and sound."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.alarms import Alarm
from pipeline.caching.needs import Input
from pipeline.evaluation.beside import Answered
from pipeline.recipe.paths import absolute_path
from pipeline.recipe.workspace import from_folder
from pipeline.records import RunRecord
from pipeline.report.pieces import Piece
from pipeline.runs.training import Training
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.av_events import pages, work
from pipeline.tasks.av_events.alarms import alarms
from pipeline.tasks.av_events.answered import answered
from pipeline.tasks.av_events.bound import BoundAvEvents
from pipeline.tasks.av_events.fitting import require_enough, require_fitting
from pipeline.tasks.av_events.recipe import AvEventsRecipe
from pipeline.tasks.av_events.result import (
    EventsResult,
    entry,
    read_result,
)
from pipeline.tasks.av_events.tables import result_tables, result_values
from pipeline.tasks.av_events.words import news
from pipeline.tasks.base import Task
from stores import Store
from stores.address import Location

_PATHS = ("root", "events")


def with_absolute_paths(content: dict[str, Any], base: Path) -> dict[str, Any]:
    """Paths of a recipe, relative to its folder, made absolute before anything reads them."""
    content = {**content}
    if isinstance(content.get("workspace"), str):
        content["workspace"] = from_folder(base, content["workspace"])
    if isinstance(content.get("events"), dict):
        content["events"] = {
            key: absolute_path(base, said) if key in _PATHS and isinstance(said, str) else said
            for key, said in content["events"].items()
        }
    return content


class AvEvents(Task[BoundAvEvents]):
    """Events of clips. Its parts are in the modules beside this one."""

    name, mark, shipped = "av-events", "events", "copl/"
    recipe, bound = AvEventsRecipe, BoundAvEvents
    words = {"cache": "cache", "train": "learn", "evaluate": "judge"}

    def absolute(self, content: dict[str, Any], base: Path) -> dict[str, Any]:
        """See `Task`."""
        return with_absolute_paths(content, base)

    def check(self, bound: BoundAvEvents) -> None:
        """See `Task`."""
        require_fitting(bound)

    def inputs(self, bound: BoundAvEvents) -> Sequence[Input]:
        """See `Task`."""
        return list(work.inputs(bound))

    def refuse(self, bound: BoundAvEvents, made: Input) -> None:
        """See `Task`."""
        require_enough(bound, made)

    def units(self, bound: BoundAvEvents) -> Sequence[Unit]:
        """See `Task`."""
        return work.units(bound)

    def learn(self, bound: BoundAvEvents, unit: Unit) -> int:
        """See `Task`."""
        from pipeline.tasks.av_events.learn import learn

        return learn(bound, unit)

    def learned(self, bound: BoundAvEvents, epochs: Mapping[str, int]) -> Training:
        """See `Task`."""
        units = work.units(bound)
        content = {"task": self.name, **bound.recipe.model_dump(mode="json", exclude={"workspace"})}
        bound.note({entry(unit): unit.spec.fingerprint for unit in units}, recipe=content)
        return Training.of(units, epochs)

    def trials(self, bound: BoundAvEvents) -> Sequence[Trial]:
        """See `Task`."""
        return work.trials(bound)

    def judge(self, bound: BoundAvEvents, unit: Unit | None, trials: Sequence[Trial]) -> None:
        """See `Task`."""
        from pipeline.tasks.av_events.judge import judge

        assert unit is not None, "nothing is judged that was not learned: priors need no model"
        judge(bound, unit, trials)

    def judged(self, bound: BoundAvEvents) -> EventsResult:
        """See `Task`. The record keeps what the run stands on, and nothing that an earlier recipe of its name made."""
        result = read_result(bound)
        made: list[Unit | Trial] = [*work.units(bound), *work.trials(bound)]
        kept = {entry(each): each.spec.fingerprint for each in made if each.spec is not None}
        kept |= {each.name: each.need.spec(bound.recipe.cache).fingerprint for each in work.inputs(bound)}
        bound.keep_only(kept)
        return result

    def alarms(self, bound: BoundAvEvents, stage: str, found: Any = None) -> Iterable[Alarm]:
        """See `Task`."""
        return alarms(bound, stage, found)

    def news(self, bound: BoundAvEvents, stage: str, found: Any) -> str:
        """See `Task`."""
        return news(bound, stage, found)

    def tables(self, bound: BoundAvEvents, stage: str, found: Any) -> list[Any]:
        """See `Task`."""
        return [found.table()] if stage == "train" else result_tables(bound.recipe.name, found)

    def page(self, bound: BoundAvEvents, stage: str, found: Any) -> Iterable[Piece]:
        """See `Task`."""
        from pipeline.tasks.av_events.run_page import page

        return page(bound, stage, found)

    def values(self, bound: BoundAvEvents, stage: str, found: Any) -> Any:
        """See `Task`."""
        if stage == "train":
            return found.values()
        return result_values(found if stage == "evaluate" else found.result)

    def entry(self, made: Unit | Trial) -> str:
        """See `Task`."""
        return entry(made)

    def shows(self, bound: BoundAvEvents) -> list[Any]:
        """See `Task`."""
        return pages.shows(bound)

    def draw(self, bound: BoundAvEvents, path: Location) -> None:
        """See `Task`."""
        pages.draw(bound, path)

    def judged_modalities(self, record: RunRecord) -> Sequence[str]:
        """See `Task`."""
        return ("video", "audio")

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> list[Any]:
        """See `Task`."""
        from pipeline.tasks.av_events.answers import answer

        return answer(store, record, files, **options)

    def answered(self, bound: BoundAvEvents) -> Mapping[str, Answered]:
        """See `Task`."""
        return answered(bound)


AV_EVENTS_TASK = AvEvents()
