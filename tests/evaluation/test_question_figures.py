"""Figures of questions by kind, on examples worked by hand: neither their order nor how they are divided into batches matters."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.datasets.av.listed import Leak
from pipeline.datasets.av.questions import AvQuestion
from pipeline.datasets.rows import MediaRow
from pipeline.evaluation.question_ladder import figures, kind_counts
from pipeline.tasks.av_questions.priors import priors

GROUPS = {"all": (0, 1, 2), "audio": (0,), "visual": (1, 2)}
RIGHT = np.array([1, 1, 0, 1, 0, 0, 0, 1, 1, 0], bool)
KINDS = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
VIDEOS = [0, 1, 2, 0, 1, 2, 3, 3, 3, 0]
SHARES = {"all": 5 / 10, "audio": 3 / 4, "visual": 2 / 6}
"""Worked by hand: of four questions of kind 0 three are right, of three of kind 1 none, of three of kind 2 two."""


def shares(counts: np.ndarray) -> dict[str, float]:
    return {name: one.value for name, one in figures({"": counts}, GROUPS, draws=20)[""].items()}


def test_every_question_counts_alike_whatever_their_order() -> None:
    whole = kind_counts(RIGHT, KINDS, VIDEOS)
    assert shares(whole) == pytest.approx(SHARES)  # all is over questions, not the mean of kinds (0.47)
    rng = np.random.default_rng(0)
    for _ in range(20):
        order = rng.permutation(len(RIGHT))
        shuffled = kind_counts(RIGHT[order], [KINDS[n] for n in order], [VIDEOS[n] for n in order])
        np.testing.assert_array_equal(shuffled, whole)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10])
def test_batches_of_any_size_add_up(size: int) -> None:
    total = np.zeros((4, 3, 2), np.int64)
    for start in range(0, len(RIGHT), size):
        part = slice(start, start + size)
        counts = kind_counts(RIGHT[part], KINDS[part], VIDEOS[part])
        total[: counts.shape[0], : counts.shape[1]] += counts
    assert shares(total) == pytest.approx(SHARES)


def question(kind: str, text: str, answer: str, split: str, name: str = "v") -> AvQuestion:
    row = MediaRow("0" * 32, name, ())
    tokens = tuple(text.split())
    return AvQuestion("1" * 32, row, row, name, "0", text, tokens, ("Audio", kind), answer, split, 0)  # type: ignore[arg-type]


def test_priors_know_the_answers_of_train_and_where_videos_are_shared_those_of_val() -> None:
    train = [("A", "how many", "two"), ("A", "how many", "two"), ("A", "is it", "yes"), ("B", "who", "me")]
    val = [("A", "is it", "no"), ("A", "is it", "no"), ("A", "how many", "two"), ("B", "who", "you")]
    test = [("A", "how many", "two"), ("A", "is it", "no"), ("B", "who", "me"), ("B", "where", "two")]
    of = {
        split: [question(kind, text, answer, split) for kind, text, answer in rows]
        for split, rows in {"train": train, "val": val}.items()
    }
    asked = [question(kind, text, answer, "test") for kind, text, answer in test]

    def rules(leaks: tuple[Leak, ...]) -> dict[str, list[bool]]:
        bound = SimpleNamespace(of=lambda split: of[split], clips=SimpleNamespace(leaks=leaks))
        return {name: right.tolist() for name, right in priors(bound, asked).items()}  # type: ignore[arg-type]

    common, kind, text = rules(())  # in this order
    known = {
        common: [True, False, False, True],  # two, to all
        kind: [True, False, True, False],  # A: two, B: me
        text: [True, False, True, True],  # how many: two, is it: yes, who: me, where: never asked, so two
    }
    assert rules(()) == known
    assert rules((Leak("v", (("val", 0), ("test", 0))),)) == known | {
        f"{kind}, of val": [False, True, False, False],  # A: no, B: you
        f"{text}, of val": [True, True, False, False],  # how many: two, is it: no, who: you, where: no
    }
