"""The task: questions about clips, answered from picture and sound."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.alarms import Alarm
from pipeline.evaluation.beside import Answered
from pipeline.records import RunRecord
from pipeline.report.pieces import Piece
from pipeline.runs.training import Training
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.av.task import AvTask
from pipeline.tasks.av_questions import pages
from pipeline.tasks.av_questions.alarms import alarms
from pipeline.tasks.av_questions.answered import answered
from pipeline.tasks.av_questions.bound import PATHS, BoundAvQuestions
from pipeline.tasks.av_questions.known import ENTRY, keep_known, known_spec
from pipeline.tasks.av_questions.recipe import AvQuestionsRecipe
from pipeline.tasks.av_questions.result import QuestionsResult, read_result
from pipeline.tasks.av_questions.tables import result_tables, result_values
from pipeline.tasks.av_questions.words import news
from stores import Store
from stores.address import Location


class AvQuestions(AvTask[BoundAvQuestions]):
    """Questions about clips. Its parts are in the modules beside this one."""

    name, mark, paths = "av-questions", "questions", PATHS
    recipe, bound = AvQuestionsRecipe, BoundAvQuestions
    asks = True

    def learn(self, bound: BoundAvQuestions, unit: Unit) -> int:
        """See `Task`."""
        from pipeline.tasks.av_questions.learn import learn

        return learn(bound, unit)

    def learned(self, bound: BoundAvQuestions, epochs: Mapping[str, int]) -> Training:
        """See `Task`. What was asked is kept, too, so that `predict` knows it."""
        bound.note({ENTRY: keep_known(bound)})
        return super().learned(bound, epochs)

    def judge(self, bound: BoundAvQuestions, unit: Unit | None, trials: Sequence[Trial]) -> None:
        """See `Task`."""
        from pipeline.tasks.av_questions.judge import judge

        assert unit is not None, "nothing is judged that was not learned: priors need no model"
        judge(bound, unit, trials)

    def read_result(self, bound: BoundAvQuestions) -> QuestionsResult:
        """See `AvTask`."""
        return read_result(bound)

    def kept(self, bound: BoundAvQuestions) -> dict[str, str]:
        """See `AvTask`."""
        return {**super().kept(bound), ENTRY: known_spec(bound).fingerprint}

    def named(self, bound: BoundAvQuestions) -> Mapping[str, str]:
        """See `Task`."""
        return {known_spec(bound).fingerprint: ENTRY}

    def alarms(self, bound: BoundAvQuestions, stage: str, found: Any = None) -> Iterable[Alarm]:
        """See `Task`."""
        return alarms(bound, stage, found)

    def news(self, bound: BoundAvQuestions, stage: str, found: Any) -> str:
        """See `Task`."""
        return news(stage, found)

    def result_tables(self, name: str, found: Any) -> list[Any]:
        """See `AvTask`."""
        return result_tables(name, found)

    def result_values(self, found: Any) -> dict[str, Any]:
        """See `AvTask`."""
        return result_values(found)

    def page(self, bound: BoundAvQuestions, stage: str, found: Any) -> Iterable[Piece]:
        """See `Task`."""
        from pipeline.tasks.av_questions.run_page import page

        return page(bound, stage, found)

    def shows(self, bound: BoundAvQuestions) -> list[Any]:
        """See `Task`."""
        return pages.shows(bound)

    def draw(self, bound: BoundAvQuestions, path: Location) -> None:
        """See `Task`."""
        pages.draw(bound, path)

    def predict(self, store: Store, record: RunRecord, files: Sequence[Path], **options: Any) -> list[Any]:
        """See `Task`."""
        from pipeline.tasks.asking import Asking
        from pipeline.tasks.av_questions.answers import answer

        return answer(store, record, Asking(files, **options))

    def answered(self, bound: BoundAvQuestions) -> Mapping[str, Answered]:
        """See `Task`."""
        return answered(bound)


AV_QUESTIONS_TASK = AvQuestions()
