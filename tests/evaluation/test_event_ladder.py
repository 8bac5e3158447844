"""Rungs judged on the same clips: figures as counts say them, intervals of other draws of clips, differences clip by clip."""

import math

import numpy as np
import pytest

from pipeline.evaluation.event_ladder import difference, figures
from pipeline.evaluation.events import clip_counts, event_scores

CLASSES = 2  # 2 is background
TRUTH = np.array([[0, 0, 2, 2], [1, 1, 1, 1], [2, 2, 2, 2], [0, 2, 1, 2]])
ALL_RIGHT = TRUTH.copy()
QUIET = np.full((4, 4), CLASSES)


def test_figures_are_those_of_the_scores() -> None:
    found = figures({"quiet": clip_counts(QUIET, TRUTH, CLASSES)})["quiet"]
    scores = event_scores(QUIET, TRUTH, CLASSES)
    for name in ("accuracy", "background_recall", "event_recall", "event_f1"):
        assert found[name].value == pytest.approx(getattr(scores, name))
    assert found["accuracy"].low < 0.5 == found["accuracy"].value < found["accuracy"].high


def test_a_figure_that_nothing_can_be_said_of_is_no_figure() -> None:
    counts = clip_counts(np.zeros((2, 4), int), np.zeros((2, 4), int), CLASSES)
    found = figures({"a": counts})["a"]
    assert math.isnan(found["background_recall"].value) and found["accuracy"].value == 1


def test_a_difference_is_paired_so_that_what_all_clips_share_does_not_blur_it() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(200) < 0.5  # clips that both rungs have wrong
    below = np.where(hard[:, None], 0, 1) * np.ones((200, 10), int)
    above = below.copy()
    above[:, 0] = 1  # one second of ten more, in every hard clip
    truth = np.ones((200, 10), int)
    counts = {"below": clip_counts(below, truth, CLASSES), "above": clip_counts(above, truth, CLASSES)}
    found, each = difference(counts, "above", "below", "accuracy"), figures(counts)
    assert found.value == pytest.approx(0.1 * hard.mean())
    assert found.excludes_nothing and found.high - found.low < 0.02
    assert each["above"]["accuracy"].high - each["above"]["accuracy"].low > 0.1
    nothing = difference(counts, "above", "above", "accuracy")
    assert (nothing.value, nothing.low, nothing.high) == (0, 0, 0) and not nothing.excludes_nothing


def test_counts_of_seeds_are_added() -> None:
    both = clip_counts(ALL_RIGHT, TRUTH, CLASSES) + clip_counts(QUIET, TRUTH, CLASSES)
    assert figures({"both": both})["both"]["accuracy"].value == pytest.approx((1 + 0.5) / 2)
