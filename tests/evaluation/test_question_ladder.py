"""Methods judged on the same questions: figures by kind, intervals over videos, differences question by question."""

import math

import numpy as np
import pytest

from pipeline.evaluation.question_ladder import difference, figures, kind_counts

KINDS = [0, 0, 1, 1, 0, 1]
VIDEOS = [0, 0, 0, 1, 1, 2]
GROUPS = {"all": (0, 1), "first": (0,), "second": (1,), "none": ()}


def counts(*right: int) -> np.ndarray:
    return kind_counts(np.array(right, bool), KINDS, VIDEOS)


def test_counts_are_of_each_kind_and_video() -> None:
    found = counts(1, 0, 1, 0, 1, 1)
    assert found.shape == (3, 2, 2)
    assert (
        found[0].tolist() == [[1, 2], [1, 1]]
        and found[1].tolist() == [[1, 1], [0, 1]]
        and found[2].tolist() == [[0, 0], [1, 1]]
    )


def test_figures_are_shares_of_questions_and_not_means_of_videos() -> None:
    found = figures({"a": counts(1, 0, 1, 0, 1, 1)}, GROUPS)["a"]
    assert found["all"].value == pytest.approx(4 / 6) and found["first"].value == found[
        "second"
    ].value == pytest.approx(2 / 3)
    assert math.isnan(found["none"].value) and math.isnan(found["none"].low)
    assert found["all"].low < found["all"].value < found["all"].high


def test_questions_of_one_video_are_drawn_together() -> None:
    """Ten questions about one clip are one witness: all right or all wrong, no interval is narrower than the clips allow."""
    right = np.repeat([True, False], 10)
    alone = kind_counts(right, [0] * 20, list(range(20)))
    together = kind_counts(right, [0] * 20, [0] * 10 + [1] * 10)
    narrow, wide = (figures({"a": each}, {"all": (0,)})["a"]["all"] for each in (alone, together))
    assert narrow.value == wide.value == 0.5 and (wide.low, wide.high) == (0, 1)
    assert 0.2 < narrow.low < 0.35 and 0.65 < narrow.high < 0.8


def test_differences_are_paired() -> None:
    """Where one is right wherever the other is, and once more, no draw can turn that round."""
    pair = {"less": counts(1, 0, 1, 0, 1, 0), "more": counts(1, 0, 1, 0, 1, 1)}
    found = difference(pair, "more", "less", (0, 1))
    assert found.value == pytest.approx(1 / 6) and found.low == 0 and found.high > found.value
    assert difference(pair, "more", "more", (0, 1)).high == 0
    assert difference(pair, "more", "less", (0,)).high == 0


def test_seeds_are_given_as_their_sum() -> None:
    both = counts(1, 0, 1, 0, 1, 1) + counts(0, 0, 0, 0, 0, 0)
    assert figures({"a": both}, GROUPS)["a"]["all"].value == pytest.approx(4 / 12)
