"""One clip says nothing of others: its figure stands with whatever is possible, so that nothing is shown by it."""

import math

import numpy as np

from pipeline.evaluation import event_ladder, question_ladder
from pipeline.evaluation.intervals import Interval
from pipeline.evaluation.means import mean_difference, mean_figure


def test_the_interval_of_one_clip_is_all_that_is_possible() -> None:
    values = {"a": np.array([0.75]), "b": np.array([0.5])}
    assert mean_figure(values, "a") == Interval(0.75, 0.0, 1.0)
    assert mean_difference(values, "a", "b") == Interval(0.25, -1.0, 1.0)
    one = np.array([[6, 10, 0, 0, 1, 2, 2]])
    found = event_ladder.figures({"a": one})["a"]
    assert found["accuracy"] == Interval(0.6, 0.0, 1.0) and math.isnan(found["background_recall"].low)
    assert event_ladder.difference({"a": one, "b": one}, "a", "b", "accuracy") == Interval(0.0, -1.0, 1.0)
    counts = question_ladder.kind_counts(np.array([True, False, True, True]), [0, 0, 0, 0], [0, 0, 0, 0])
    assert question_ladder.figures({"a": counts}, {"all": [0]})["a"]["all"] == Interval(0.75, 0.0, 1.0)
    told = question_ladder.difference({"a": counts, "b": counts}, "a", "b", [0])
    assert told == Interval(0.0, -1.0, 1.0) and not told.excludes_nothing


def test_two_clips_have_an_interval_of_draws() -> None:
    assert mean_figure({"a": np.array([0.25, 0.75])}, "a") == Interval(0.5, 0.25, 0.75)
