"""The task: masks of what sounds in clips, learned from picture and sound."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.alarms import Alarm
from pipeline.caching.needs import Input
from pipeline.evaluation.beside import Answered
from pipeline.records import RunRecord
from pipeline.report.pieces import Piece
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.av.fitting import require_fitting
from pipeline.tasks.av.task import AvTask
from pipeline.tasks.av_masks import pages, work
from pipeline.tasks.av_masks.alarms import alarms
from pipeline.tasks.av_masks.answered import answered
from pipeline.tasks.av_masks.bound import PATHS, BoundAvMasks
from pipeline.tasks.av_masks.fitting import problems, require_made
from pipeline.tasks.av_masks.recipe import AvMasksRecipe
from pipeline.tasks.av_masks.result import MasksResult, read_result
from pipeline.tasks.av_masks.tables import result_tables, result_values
from pipeline.tasks.av_masks.words import news
from stores import Store
from stores.address import Location


class AvMasks(AvTask[BoundAvMasks]):
    """Masks of sounding objects. Its parts are in the modules beside this one."""

    name, mark, paths = "av-masks", "masks", PATHS
    recipe, bound = AvMasksRecipe, BoundAvMasks

    def check(self, bound: BoundAvMasks) -> None:
        """See `Task`."""
        require_fitting(bound, problems(bound))

    def inputs(self, bound: BoundAvMasks) -> Sequence[Input]:
        """See `Task`."""
        return work.inputs(bound)

    def refuse(self, bound: BoundAvMasks, made: Input) -> None:
        """See `Task`."""
        require_made(bound, made)

    def learn(self, bound: BoundAvMasks, unit: Unit) -> int:
        """See `Task`."""
        from pipeline.tasks.av_masks.learn import learn

        return learn(bound, unit)

    def trials(self, bound: BoundAvMasks) -> Sequence[Trial]:
        """See `Task`."""
        return work.trials(bound)

    def judge(self, bound: BoundAvMasks, unit: Unit | None, trials: Sequence[Trial]) -> None:
        """See `Task`."""
        from pipeline.tasks.av_masks.judge import judge, judge_priors

        if unit is None:
            judge_priors(bound, trials)
        else:
            judge(bound, unit, trials)

    def read_result(self, bound: BoundAvMasks) -> MasksResult:
        """See `AvTask`."""
        return read_result(bound)

    def entry(self, made: Unit | Trial) -> str:
        """See `Task`."""
        return work.entry(made)

    def alarms(self, bound: BoundAvMasks, stage: str, found: Any = None) -> Iterable[Alarm]:
        """See `Task`."""
        return alarms(bound, stage, found)

    def news(self, bound: BoundAvMasks, stage: str, found: Any) -> str:
        """See `Task`."""
        return news(bound, stage, found)

    def result_tables(self, name: str, found: Any) -> list[Any]:
        """See `AvTask`."""
        return result_tables(name, found)

    def result_values(self, found: Any) -> dict[str, Any]:
        """See `AvTask`."""
        return result_values(found)

    def page(self, bound: BoundAvMasks, stage: str, found: Any) -> Iterable[Piece]:
        """See `Task`."""
        from pipeline.tasks.av_masks.run_page import page

        return page(bound, stage, found)

    def shows(self, bound: BoundAvMasks) -> list[Any]:
        """See `Task`."""
        return pages.shows(bound)

    def draw(self, bound: BoundAvMasks, path: Location) -> None:
        """See `Task`."""
        pages.draw(bound, path)

    def answered(self, bound: BoundAvMasks) -> Mapping[str, Answered]:
        """See `Task`."""
        return answered(bound)

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> list[Any]:
        """See `Task`."""
        from pipeline.tasks.asking import Asking
        from pipeline.tasks.av_masks.answers import answer

        return answer(store, record, Asking(files, **options))


AV_MASKS_TASK = AvMasks()
