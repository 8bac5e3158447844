"""What `compare` reads of a run of questions: the published method, question by question."""

from pathlib import Path

import pytest

from pipeline.operations.compare import compare
from pipeline.operations.of_run import open_run
from pipeline.stages.whole import Outcome
from pipeline.tasks.av_questions.result import QuestionsResult


def test_the_published_method_is_told_question_by_question(ran: Path, outcome: Outcome) -> None:
    run, result = str(ran / "workspace/runs/few"), outcome.result
    assert isinstance(result, QuestionsResult)
    task, bound = open_run(run, ran)
    (told,) = task.answered(bound).values()
    place = bound.recipe.seeds.index(result.seed)
    assert told.values.mean() == pytest.approx(result.of(result.published).seeds[place])
    assert told.method == f"{result.published}, seed {result.seed}"
    assert len(told.keys) == len(set(told.keys)) == result.clips
    (found,) = compare(run, run, ran).exams
    assert (found.exam, found.examples, found.difference) == ("test", result.clips, 0.0)
