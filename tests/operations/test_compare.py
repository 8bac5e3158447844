"""`compare RUN RUN`, of runs that have really been learned and judged."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.evaluation.result import EvaluationResult
from pipeline.operations.compare import compare
from pipeline.operations.of_run import open_run
from pipeline.records import RunError
from pipeline.stages.whole import Outcome, run_recipe
from pipeline.tasks.base import NotComparable
from pipeline.tasks.few_shot.task import FEW_SHOT_TASK
from pipeline.tasks.sentences.bound import BoundSentences

Open = Callable[..., BoundSentences]
Call = Callable[..., tuple[int, str]]


def test_two_runs_of_one_workspace(open_context: Open, finished: Path, outcome: Outcome, call: Call) -> None:
    other = run_recipe(open_context(name="other", train={"preset": "paper"}))
    found = compare("small", "other", finished)
    assert found.names == ("small", "other") and [each.exam for each in found.exams] == ["image", "audio"]
    for each in found.exams:
        figures = []
        for result in (outcome.result, other.result):
            assert isinstance(result, EvaluationResult)
            modality = result.modality(each.exam)
            assert modality is not None and modality.published is not None
            figures.append(modality.published.metrics["top1"])
        assert each.figures == pytest.approx(tuple(figures)), "what compare says is what the tables say"
        assert each.low <= each.difference <= each.high and each.only == (0, 0)
    code, said = call("compare", "small", "other", "-w", finished)
    assert code == 0 and "small and other, percent" in said and "image: small answers by" in said
    code, said = call("compare", "small", "other", "-w", finished, "--json")
    values = json.loads(said)
    assert values["runs"] == ["small", "other"] and values["exams"][0]["examples"] == 9
    assert "verdict" in values["exams"][0]


def test_a_run_that_was_moved_is_compared_by_its_folder(finished: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(finished, tmp_path / "elsewhere"))
    found = compare(str(moved / "runs/small"), str(finished / "runs/small"), tmp_path)
    assert {each.difference for each in found.exams} == {0.0}


def test_what_cannot_be_compared_says_why(finished: Path) -> None:
    with pytest.raises(RunError, match="there is no run 'other'"):
        compare("small", "other", finished)
    _, bound = open_run("small", finished)
    with pytest.raises(NotComparable, match="'few-shot' keep figures"):
        FEW_SHOT_TASK.answered(bound)
