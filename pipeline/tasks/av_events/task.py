"""The task: events of clips, second by second, learned from picture and sound."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.alarms import Alarm
from pipeline.evaluation.beside import Answered
from pipeline.records import RunRecord
from pipeline.report.pieces import Piece
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.av.task import AvTask
from pipeline.tasks.av_events import pages
from pipeline.tasks.av_events.alarms import alarms
from pipeline.tasks.av_events.answered import answered
from pipeline.tasks.av_events.bound import PATHS, BoundAvEvents
from pipeline.tasks.av_events.recipe import AvEventsRecipe
from pipeline.tasks.av_events.result import EventsResult, read_result
from pipeline.tasks.av_events.tables import result_tables, result_values
from pipeline.tasks.av_events.words import news
from stores import Store
from stores.address import Location


class AvEvents(AvTask[BoundAvEvents]):
    """Events of clips. Its parts are in the modules beside this one."""

    name, mark, paths = "av-events", "events", PATHS
    recipe, bound = AvEventsRecipe, BoundAvEvents

    def learn(self, bound: BoundAvEvents, unit: Unit) -> int:
        """See `Task`."""
        from pipeline.tasks.av_events.learn import learn

        return learn(bound, unit)

    def judge(self, bound: BoundAvEvents, unit: Unit | None, trials: Sequence[Trial]) -> None:
        """See `Task`."""
        from pipeline.tasks.av_events.judge import judge

        assert unit is not None, "nothing is judged that was not learned: priors need no model"
        judge(bound, unit, trials)

    def read_result(self, bound: BoundAvEvents) -> EventsResult:
        """See `AvTask`."""
        return read_result(bound)

    def alarms(self, bound: BoundAvEvents, stage: str, found: Any = None) -> Iterable[Alarm]:
        """See `Task`."""
        return alarms(bound, stage, found)

    def news(self, bound: BoundAvEvents, stage: str, found: Any) -> str:
        """See `Task`."""
        return news(bound, stage, found)

    def result_tables(self, name: str, found: Any) -> list[Any]:
        """See `AvTask`."""
        return result_tables(name, found)

    def result_values(self, found: Any) -> dict[str, Any]:
        """See `AvTask`."""
        return result_values(found)

    def page(self, bound: BoundAvEvents, stage: str, found: Any) -> Iterable[Piece]:
        """See `Task`."""
        from pipeline.tasks.av_events.run_page import page

        return page(bound, stage, found)

    def shows(self, bound: BoundAvEvents) -> list[Any]:
        """See `Task`."""
        return pages.shows(bound)

    def draw(self, bound: BoundAvEvents, path: Location) -> None:
        """See `Task`."""
        pages.draw(bound, path)

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> list[Any]:
        """See `Task`."""
        from pipeline.tasks.asking import Asking
        from pipeline.tasks.av_events.answers import answer

        return answer(store, record, Asking(files, **options))

    def answered(self, bound: BoundAvEvents) -> Mapping[str, Answered]:
        """See `Task`."""
        return answered(bound)


AV_EVENTS_TASK = AvEvents()
