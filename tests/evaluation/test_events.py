"""Figures of events by worked examples, whose answers are written out."""

import numpy as np
import pytest

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.event_priors import priors, video_class_oracle
from pipeline.evaluation.events import Event, clip_counts, event_intervals, event_scores, events_of

A, B, BG = 0, 1, 2  # two classes and background


def labels(*rows: str) -> np.ndarray:
    """Rows such as "aab.", a and b being the classes, a point background."""
    return np.array([["ab.".index(letter) for letter in row] for row in rows])


def test_events_are_the_longest_runs_of_a_class() -> None:
    assert events_of(labels("aab..bba.a")[0], BG) == [
        Event(A, 0, 2), Event(B, 2, 3), Event(B, 5, 7), Event(A, 7, 8), Event(A, 9, 10)
    ]  # fmt: skip
    assert events_of(labels("....")[0], BG) == [] and events_of(labels("bbbb")[0], BG) == [Event(B, 0, 4)]
    assert events_of(np.zeros(0, dtype=int), BG) == []


def test_scores_of_two_clips_by_hand() -> None:
    truth = labels("aaaa......", "..bb..aa..")
    called = labels("aa........", "..bb..bb.b")
    # right: 8 of 10 and 7 of 10; background right: 6 of 6 and 5 of 6; classes right: 2 of 4 and 2 of 4.
    # events: a called over 2 of 4 seconds, half of what the two cover together, is found; b is found; b for a is not, nor is the
    # last b: 2 found, 4 called, 3 true.
    assert clip_counts(called, truth, 2).tolist() == [[8, 10, 6, 6, 1, 1, 1], [7, 10, 5, 6, 1, 3, 2]]
    found = event_scores(called, truth, 2)
    assert found.accuracy == 15 / 20 and found.background_recall == 11 / 12 and found.event_recall == 4 / 8
    assert found.event_f1 == 2 * 2 / (4 + 3)


@pytest.mark.parametrize(
    ("called", "true", "matched"),
    [
        ("aa........", "aaaa......", 1),  # 2 of 4
        ("aa........", "aaaaa.....", 0),  # 2 of 5
        (".aaaa.....", "aaaa......", 1),  # 3 of 5
        ("..aaaa....", "aaaa......", 0),  # 2 of 6
        ("....aaaa..", "aaaa......", 0),  # they only touch
        ("bbbb......", "aaaa......", 0),  # another class
        ("aaaaa.....", "aa.aa.....", 0),  # one event over two, each of which is two fifths of it
        ("aaaa......", "aa.a......", 1),  # half of the called one is the first of the two
        ("..........", "aaaa......", 0),
    ],
)
def test_an_event_is_found_where_half_of_both_together_is_shared(called: str, true: str, matched: int) -> None:
    counts = clip_counts(labels(called), labels(true), 2)[0]
    assert counts[4] == matched


def test_what_cannot_be_told_is_not_a_number() -> None:
    found = event_scores(labels("...."), labels("...."), 2)
    assert found.accuracy == found.background_recall == 1
    assert np.isnan(found.event_recall) and np.isnan(found.event_f1)
    assert np.isnan(event_scores(labels("aa"), labels("aa"), 2).background_recall)


def test_every_segment_counts_alike_in_any_order_of_clips() -> None:
    rng = np.random.default_rng(0)
    truth, called = rng.integers(0, 3, (40, 10)), rng.integers(0, 3, (40, 10))
    found, order = event_scores(called, truth, 2), rng.permutation(40)
    assert event_scores(called[order], truth[order], 2) == found
    assert found.accuracy == (truth == called).mean()


def test_labels_that_are_none_are_refused() -> None:
    with pytest.raises(EvaluationError, match="whole numbers .* from 0 to 2, 2 being background"):
        event_scores(labels("aa"), labels("aa") + 3, 2)
    with pytest.raises(EvaluationError, match="predicted ones are whole numbers"):
        event_scores(labels("aa") / 2, labels("aa"), 2)
    with pytest.raises(EvaluationError, match=r"\(1, 2\) are predicted and \(1, 3\) are true"):
        event_scores(labels("aa"), labels("aaa"), 2)


def test_priors_say_what_is_usual_in_training() -> None:
    train = labels("aab.", "a.b.", "bab.", "....")  # 4 a, 4 b, 8 background; a, a (of one a and a point), b, background
    found = priors(train, clips=2, classes=2)
    assert found["background in every second"].tolist() == [[BG] * 4] * 2
    assert found["the most frequent label"].tolist() == [[BG] * 4] * 2
    assert found["the most frequent label of each second"].tolist() == [[A, A, B, BG]] * 2


def test_the_oracle_errs_in_background_only() -> None:
    truth = labels("aaa.......", "..bbb.a...", "..........")
    oracle = video_class_oracle(truth, 2)
    assert oracle.tolist() == [[A] * 10, [B] * 10, [BG] * 10]
    found = event_scores(oracle, truth, 2)
    assert found.accuracy == (3 + 3 + 10) / 30 and found.background_recall == 10 / 23
    assert video_class_oracle(truth, 2, np.array([A, A, B])).tolist() == [[A] * 10, [A] * 10, [B] * 10]


def test_the_oracle_of_ave_is_right_wherever_there_is_no_background() -> None:
    """402 clips of one class each with 715 background seconds among 4,020, as AVE's test split: 82.21 %."""
    background = np.zeros(4020, dtype=bool)
    background[np.random.default_rng(1).permutation(4020)[:715]] = True
    classes = np.random.default_rng(2).integers(0, 28, 402)
    truth = np.where(background.reshape(402, 10), 28, classes[:, None])
    found = event_scores(video_class_oracle(truth, 28, classes), truth, 28)
    assert round(100 * found.accuracy, 2) == 82.21 and found.background_recall == 0 and found.event_recall == 1


def test_intervals_hold_the_figure_and_are_the_same_every_time() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, (60, 10))
    called = np.where(rng.random((60, 10)) < 0.8, truth, rng.integers(0, 3, (60, 10)))
    found, scores = event_intervals(called, truth, 2, draws=300), event_scores(called, truth, 2)
    for name, (low, high) in found.items():
        assert low < getattr(scores, name) < high and high - low < 0.2, name
    assert found == event_intervals(called, truth, 2, draws=300)
    hits = (truth == called).mean(axis=1)  # clips weigh alike, so the accuracy's interval is that of a mean
    assert found["accuracy"] == pytest.approx(
        tuple(hits.mean() + sign * 1.96 * hits.std() / np.sqrt(60) for sign in (-1, 1)), abs=0.01
    )
    assert all(np.isnan(edge) for edge in event_intervals(labels("...."), labels("...."), 2, draws=5)["event_f1"])
