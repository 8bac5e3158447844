"""Two runs beside each other: shared examples, paired intervals, and what is left out."""

import numpy as np
import pytest

from pipeline.evaluation.beside import Answered, Ranking, side_by_side
from pipeline.evaluation.errors import EvaluationError


def run(values: dict[str, float], truth: dict[str, str] | None = None, measure: str = "top-1") -> Answered:
    known = truth or {}
    return Answered(
        "it", measure, list(values), [known.get(key, "cat") for key in values], np.array(list(values.values()))
    )


def test_files_are_found_by_their_keys_whatever_their_order() -> None:
    first = run({"a": 1, "b": 0, "c": 1, "d": 0, "only": 1})
    second = run({"d": 1, "c": 1, "x": 0, "y": 0, "b": 1, "a": 1})
    (found,) = side_by_side({"image": first}, {"image": second, "audio": second})
    assert (found.exam, found.examples, found.only) == ("image", 4, (1, 2))
    assert found.figures == (0.5, 1.0) and found.difference == 0.5


def test_what_is_labelled_otherwise_is_left_out() -> None:
    second = run({"a": 0, "b": 0}, {"a": "dog"})
    (found,) = side_by_side({"image": run({"a": 1, "b": 1})}, {"image": second})
    assert (found.examples, found.otherwise, found.figures) == (1, 1, (1.0, 0.0))


def test_the_interval_is_that_of_paired_draws() -> None:
    """Of values +1, 0 and -1 a file, the standard error of their mean is known; 1.96 of it is half an interval, about."""
    rng = np.random.default_rng(3)
    base = rng.integers(0, 2, 4000)
    changed = np.where(rng.random(4000) < 0.1, 1 - base, base)
    one, other = (run({f"f{i}": float(v) for i, v in enumerate(values)}) for values in (base, changed))
    (found,) = side_by_side({"e": one}, {"e": other})
    differences = changed - base
    half = 1.96 * differences.std() / np.sqrt(4000)
    assert found.difference == pytest.approx(differences.mean())
    assert found.high - found.low == pytest.approx(2 * half, rel=0.1)
    unpaired = 1.96 * np.sqrt((base.var() + changed.var()) / 4000)
    assert found.high - found.low < unpaired  # were it not paired, it would be twice this wide


def test_verdicts() -> None:
    right, wrong = run({f"f{i}": 1.0 for i in range(50)}), run({f"f{i}": 0.0 for i in range(50)})
    verdicts = [
        side_by_side({"e": a}, {"e": b})[0].verdict for a, b in ((wrong, right), (right, wrong), (right, right))
    ]
    assert verdicts == ["better", "worse", "no measurable difference"]
    nothing, one, _ = side_by_side(
        {"e": right, "f": right, "g": right}, {"e": run({"other": 1.0}), "f": run({"f0": 0.0}), "g": wrong}
    )
    assert nothing.examples == 0 and np.isnan(nothing.difference) and nothing.verdict == "not to be told"
    assert (one.examples, one.difference, one.verdict) == (1, -1.0, "not to be told"), "one file says nothing of others"


def test_runs_that_share_no_example_are_refused() -> None:
    with pytest.raises(EvaluationError, match="both runs judge e, and no example is of both. Files are known"):
        side_by_side({"e": run({"a": 1.0})}, {"e": run({"b": 1.0})})
    with pytest.raises(EvaluationError, match="1 are in both, and are labelled otherwise in each"):
        side_by_side({"e": run({"a": 1.0})}, {"e": run({"a": 1.0}, {"a": "dog"})})


def ranked(scores: list[list[float]], labels: tuple[str, ...] = ("cat", "dog")) -> Answered:
    targets = np.array([[True, False], [True, True], [False, True]])
    ranking = Ranking(labels, np.array(scores), targets)
    return Answered("it", "mAP", ["a", "b", "c"], [["cat"], ["cat", "dog"], ["dog"]], np.zeros(0), ranking)


def test_rankings_are_compared_by_map() -> None:
    perfect = ranked([[3, 0], [2, 2], [0, 3]])
    # cat: c, a, b -> precisions 1/2 and 2/3; dog: a, b, c -> the same
    turned = ranked([[2, 3], [1, 2], [3, 1]])
    (found,) = side_by_side({"e": perfect}, {"e": turned})
    assert found.figures == pytest.approx((1.0, (1 / 2 + 2 / 3) / 2))
    with pytest.raises(EvaluationError, match="the runs know others"):
        side_by_side({"e": perfect}, {"e": ranked([[3, 0], [2, 2], [0, 3]], ("dog", "cat"))})
    with pytest.raises(EvaluationError, match="measured by mAP, the other by top-1"):
        side_by_side({"e": perfect}, {"e": run({"a": 1})})


def test_runs_that_share_no_exam_say_so() -> None:
    with pytest.raises(EvaluationError, match="the first run judges image, the second audio: no exam is of both"):
        side_by_side({"image": run({"a": 1})}, {"audio": run({"a": 1})})
