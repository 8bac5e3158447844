"""Clips of which one side cannot be decoded: asked about beside zeros, counted, told, and mended by retry; and lost clips."""

from pathlib import Path
from typing import Any

import numpy as np
from noise_clips import BROKEN
from question_runs import FEW, HEAD

from pipeline.operations.retry import retry_failed
from pipeline.records import read_run
from pipeline.stages.whole import figures, run_recipe
from pipeline.tasks.av.work import sides_of, units
from pipeline.tasks.av_questions.batches import stored_negatives, stored_questions
from pipeline.tasks.av_questions.bound import BoundAvQuestions

ONE = {"head-only": {"rung": "none", "head": HEAD, "negatives": 10, **FEW}}


def test_they_are_asked_about_by_the_other_side_and_told(open_questions: Any, failing: Any) -> None:
    bound: BoundAvQuestions = open_questions(methods=ONE)
    failing(deaf=("test000001", "train000000"), blind=("test000002", "train000003"))
    outcome = run_recipe(bound)
    about = [question.name for question in bound.of("test")]
    assert (outcome.result.silent, outcome.result.blind) == (about.count("test000001"), about.count("test000002"))
    assert outcome.result.clips == len(about) and outcome.result.partial is False
    warned = read_run(bound.folder).warnings["cache"]  # type: ignore[union-attr]
    assert [(each["code"], each["modality"]) for each in warned] == [("one-sided", "video"), ("one-sided", "audio")]
    assert "questions have no sound" in warned[1]["problem"] and "mend the files" in warned[1]["remedy"]
    assert f"{about.count('test000001')} of the questions have no sound" in outcome.report.read_text("utf-8")

    sides, (unit,) = sides_of(bound), units(bound)
    assert (
        len(unit.spec.fields["silent"]) == len(unit.spec.fields["blind"]) == 1
    )  # of what is learned from and chosen on
    stored = stored_questions(bound, bound.of("test"), unit.config, sides)
    place = next(n for n, clip in enumerate(stored.clips) if clip.name == "test000001")
    batch = stored.batch(np.arange(1), np.array([place]), np.zeros(1, np.int64), stored.truth.device)
    (side,) = stored.rows.stored["audio"]  # type: ignore[union-attr]
    assert np.array_equal(batch.audio[0][0].numpy(), side.blank)  # type: ignore[index]
    assert not np.array_equal(batch.visual[0][0].numpy(), side.blank)  # type: ignore[index]
    learned = stored_questions(bound, bound.of("train"), unit.config, sides)
    frames = stored_negatives(bound, learned, unit.config, sides)
    lost = next(n for n, clip in enumerate(learned.clips) if clip.name == "train000003")
    assert frames is not None and frames.keys[lost] is None
    assert np.array_equal(frames.at(np.array([[lost]]), np.array([[7]]))[0, 0].numpy(), frames.blank[7])

    failing()
    assert {each.failing for each in retry_failed(bound)} == {0}
    (mended,) = units(bound)
    assert mended.spec.fingerprint != unit.spec.fingerprint and "silent" not in mended.spec.fields
    assert figures(bound).silent == 0


def test_frames_of_others_are_what_the_tower_makes_of_them(open_questions: Any) -> None:
    """The map of a point of the grid is, bit for bit, what the loop would have made of that frame."""
    bound: BoundAvQuestions = open_questions(methods=ONE)
    figures(bound)
    (unit,), sides = units(bound), sides_of(bound)
    learned = stored_questions(bound, bound.of("train"), unit.config, sides)
    frames = stored_negatives(bound, learned, unit.config, sides)
    assert frames is not None
    others, points = np.array([[3, 0], [1, 3]]), np.array([[9, 0], [4, 2]])
    found = frames.at(others, points)
    whole = learned.rows.at([learned.clips[n] for n in (0, 1, 3)], learned.truth.device)[0][0]  # type: ignore[union-attr]
    row = {0: 0, 1: 1, 3: 2}
    for spot in np.ndindex(2, 2):
        assert np.array_equal(found[spot].numpy(), whole[row[int(others[spot])], int(points[spot])].numpy())


def test_questions_about_lost_and_broken_clips_make_figures_partial_and_stop_nothing(open_questions: Any) -> None:
    bound: BoundAvQuestions = open_questions(methods=ONE)
    folder = Path(bound.of("test")[0].video.path).parent
    (folder / "test000003.mp4").unlink()
    (folder / "test000004.mp4").write_bytes(BROKEN)
    lost = [question for question in bound.of("test") if question.name in ("test000003", "test000004")]
    again: BoundAvQuestions = open_questions(methods=ONE)
    outcome = run_recipe(again)
    assert outcome.result.partial and outcome.result.listed - outcome.result.clips == len(lost) > 2
    codes = {each["code"]: each["problem"] for each in read_run(again.folder).warnings["cache"]}  # type: ignore[union-attr]
    assert f"test: {outcome.result.clips} of {outcome.result.listed}" in codes["partial-data"]
    assert sum(len(rows) for rows in outcome.unreadable.values()) == len(lost)
    page = outcome.report.read_text("utf-8")
    assert f"partial: {outcome.result.clips} of {outcome.result.listed}" in page and "test000003.mp4" in page
