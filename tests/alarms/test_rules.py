"""The rules of alarms: each fires where its figure says so, stays silent just beside it, and says what to type."""

from collections import Counter

import numpy as np
import pytest

from pipeline.alarms import Alarm, as_values, from_values, listed
from pipeline.alarms.below import below_zero_shot, is_below
from pipeline.alarms.cut_off import cut_off
from pipeline.alarms.few_sentences import few_sentences
from pipeline.alarms.names_alike import alike, names_alike
from pipeline.alarms.no_probabilities import no_probabilities
from pipeline.alarms.not_recognised import Recognised, not_recognised, recognised

NOTHING: list[Alarm] = []


def test_an_alarm_survives_json() -> None:
    alarm = Alarm("code", "text", ("a", "b"), "it is wrong", "mend it", "cache")
    (values,) = as_values([alarm])
    assert values["classes"] == ["a", "b"] and from_values([values]) == [alarm]
    assert listed(["a"]) == "'a'" and listed([*"abcdefg"]) == "'a', 'b', 'c', 'd', 'e' and 2 more"


def test_a_class_without_a_sentence_while_others_have_some() -> None:
    (alarm,) = few_sentences("text", {"body": 0, "food": 27, "animal": 32}, None, "write some")
    assert (alarm.code, alarm.classes, alarm.remedy) == ("no-sentence", ("body",), "write some")
    assert "'body' has no sentence, while 2 other classes of text have 27 to 32" in alarm.problem
    assert list(few_sentences("text", {"body": 0, "food": 0}, None, "")) == NOTHING  # training says so itself
    assert list(few_sentences("text", {"body": 30, "food": 27}, None, "")) == NOTHING


def test_few_is_less_than_a_quarter_of_what_is_wanted() -> None:
    def told(kept: dict[str, int], quota: int | None) -> list[tuple[str, ...]]:
        return [alarm.classes for alarm in few_sentences("image", kept, quota, "")]

    assert told({"a": 10, "b": 40}, 40) == []
    assert told({"a": 9, "b": 40}, 40) == [("a",)]
    assert told({"a": 9, "b": 8}, 40) == [("a", "b")]  # all of them: the yield is poor
    assert told({"a": 2, "b": 8, "c": 14}, None) == []  # a quarter of an even share, 8
    assert told({"a": 1, "b": 8, "c": 15}, None) == [("a",)]
    (alarm,) = few_sentences("image", {"a": 9, "b": 40}, 40, "")
    assert "'a' has only 9 sentences of 40 wanted" in alarm.problem


def test_held_out_files_that_nothing_can_be_fitted_to() -> None:
    (alarm,) = no_probabilities("image", "none of the 3 held-out files shows a class of the run", "hold out more")
    assert (alarm.code, alarm.modality, alarm.classes, alarm.remedy) == (
        "no-probabilities",
        "image",
        (),
        "hold out more",
    )
    assert (
        "nor thresholds: none of the 3 held-out files shows a class of the run; what predict ranks by" in alarm.problem
    )
    assert list(no_probabilities("image", "", "")) == NOTHING


@pytest.mark.parametrize(
    ("result", "zero_shot", "files", "below"),
    [
        (0.571, 0.784, 1000, True),
        (0.78, 0.784, 1000, False),  # less than a point
        (0.772, 0.784, 1000, False),  # less than the standard error, 1.3 points
        (0.770, 0.784, 1000, True),
        (0.772, 0.784, 10_000, True),
        (0.775, 0.784, 1_000_000, False),  # less than a point, however sure it is
        (4 / 9, 5 / 9, 9, False),  # one file of nine
        (2 / 9, 5 / 9, 9, True),
        (0.9, 0.784, 1000, False),
        (0.783, 0.784, 1000, False),
        (0.5, 1.0, 0, True),
    ],
)
def test_below_zero_shot(result: float, zero_shot: float, files: int, below: bool) -> None:
    assert is_below(result, zero_shot, files) is below
    found = list(below_zero_shot("text", "TaAM-CPT (top-1)", result, "zero-shot", zero_shot, files, "do less"))
    assert [alarm.code for alarm in found] == ["below-zero-shot"] * below
    assert all(f"{100 * (zero_shot - result):.1f} points less than" in alarm.problem for alarm in found)


def test_a_paired_interval_is_more_certain_than_a_standard_error() -> None:
    assert is_below(0.772, 0.784, 1000, certain=True) and not is_below(0.772, 0.784, 1000)
    assert not is_below(0.775, 0.784, 1000, certain=True)  # less than a point


def test_sentences_that_are_taken_for_another_class() -> None:
    nearest = ["dog"] * 7 + ["cat"] * 3 + ["fox", "cat"]
    own = [("cat",)] * 10 + [("cat", "fox"), ("dog",)]
    found = recognised(nearest, own, ["cat"] * 11 + ["dog"])
    assert found == {"cat": Recognised(11, Counter({"dog": 7})), "dog": Recognised(1, Counter({"cat": 1}))}
    assert list(not_recognised("image", found, "")) == NOTHING  # 7 of 11 may be chance, and one sentence says nothing
    (alarm,) = not_recognised("image", {"cat": Recognised(11, Counter(dog=6, fox=2))}, "read them")
    assert (alarm.classes, alarm.remedy) == (("cat",), "read them")
    assert "'cat' 8 of 11, 6 of them for 'dog'" in alarm.problem
    assert list(not_recognised("image", {"cat": Recognised(3, Counter(dog=3))}, "")) == NOTHING


def unit(rows: list[list[float]]) -> np.ndarray:
    found = np.array(rows)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


NAMES = unit([[1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 0, 1]])


def test_names_are_alike_below_a_share_of_the_usual_distance() -> None:
    assert [(i, j) for i, j, _ in alike(NAMES)] == [(0, 1)]
    for angle, found in ((0.55, [(0, 1)]), (0.56, [])):  # 1 - cos(0.555) is 0.15 of the median distance, 1
        names = unit([[np.cos(angle), np.sin(angle), 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
        assert [(i, j) for i, j, _ in alike(names)] == found
    assert alike(unit([[1, 0], [0.9, 0.1]])) == []  # of two names nobody knows how far names lie apart
    assert [(i, j) for i, j, _ in alike(unit([[1, 0], [1, 0.001]]))] == [(0, 1)]  # unless they are one to the encoder


def test_sentences_may_tell_names_apart() -> None:
    labels = ["car", "automobile", "dog", "tree"]

    def told(means: np.ndarray, counts: list[int]) -> list[Alarm]:
        sums = means * np.array(counts)[:, None]
        return list(names_alike("text", labels, NAMES, sums, counts, "MiniLM", "rename one"))

    same, apart = 0.8 * NAMES, 0.8 * unit([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]])
    (alarm,) = told(same, [30] * 4)
    assert (alarm.code, alarm.classes) == ("names-alike", ("car", "automobile"))
    assert alarm.problem.startswith(
        "MiniLM can hardly tell these names apart, nor do their sentences: 'car' and 'automobile'"
    )
    assert told(apart, [30] * 4) == NOTHING
    assert len(told(apart, [30, 3, 30, 30])) == 1  # three sentences say nothing
    assert len(told(apart, [0] * 4)) == 1


def test_chance_does_not_make_sentences_differ() -> None:
    """Two classes whose sentences are drawn alike: their means differ by chance, and are told as alike all the same."""
    rng, d, n = np.random.default_rng(0), 64, 12
    centres = unit(rng.normal(size=(3, d)).tolist())[[0, 0, 1, 2]]
    noisy = [c + rng.normal(size=(n, d)) * 1.5 / np.sqrt(d) for c in centres]
    sums = np.stack([(x / np.linalg.norm(x, axis=1, keepdims=True)).sum(axis=0) for x in noisy])
    raw = unit(sums.tolist())
    assert 1 - raw[0] @ raw[1] > 1 / 6  # without the correction
    found = list(names_alike("text", [*"abcd"], centres, sums, [n] * 4, "e", ""))
    assert [alarm.classes for alarm in found] == [("a", "b")]


def test_texts_that_are_cut_off() -> None:
    assert list(cut_off("text", "sentences", [], 10, 256, "")) == NOTHING
    (alarm,) = cut_off("text", "sentences", [("short", 257), ("long " * 99, 300)], 10, 256, "split them")
    assert alarm.code == "truncated" and alarm.remedy == "split them"
    assert "2 of 10 text sentences are longer than the 256 tokens" in alarm.problem
    assert alarm.problem.index("(300 tokens)") < alarm.problem.index("“short” (257 tokens)")
