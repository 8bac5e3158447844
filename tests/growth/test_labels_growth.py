"""What is done for a label set grows as the label set does: hashes and comparisons of names are counted, and calls."""

import functools
import random
import string
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import pytest
from counting import Counted, calls, growth, uses

from pipeline.labels import Candidates, load_labels
from pipeline.labels.adding import add_labels
from pipeline.labels.names import Names, folded_together, repeated
from pipeline.labels.near import NearNames
from pipeline.recipe.plain_yaml import load_yaml
from pipeline.text.config import GenerateConfig
from pipeline.text.generate import fruitless_queries, plan_texts
from pipeline.text.ledger import Ledger, Rounds
from pipeline.text.near_duplicates import NearDuplicates
from pipeline.text.queries import Company, query
from stores import Store

LINEAR = 2.6
"""Sorting takes n log n comparisons, so twice the names cost a little more than twice."""


@functools.cache
def names(count: int) -> list[str]:
    """Of every count others, because what was done for a name once is remembered."""
    rng = random.Random(count)
    return sorted({"".join(rng.choices(string.ascii_lowercase, k=12)) for _ in range(count)})


def counted(count: int) -> tuple[Counted, ...]:
    return tuple(map(Counted, names(count)))


def rounds(labels: Sequence[str]) -> Rounds:
    return Rounds(seed=0, modality="image", labels=tuple(labels), max_labels=3, quota=15, max_rounds=3, answer_size=5)


def answered(labels: Sequence[str]) -> Ledger:
    """Every class has had its first two answers, with one sentence each."""
    ledger = Ledger(NearDuplicates(0.9))
    for label in labels:
        for number in range(2):
            ledger.accept(f"{label}{number}", f"a {label} there", label, number, [label])
    return ledger


WORK: dict[str, Callable[[tuple[Counted, ...]], object]] = {
    "names that are there twice": lambda labels: repeated(labels),
    "names that are nearly the same": lambda labels: folded_together(labels),
    "column numbers": lambda labels: Candidates.of({"image": labels}).index("image"),
    "finding every class": lambda labels: [Names(labels).find(label) for label in labels[:3]],
    "queries that are to be asked": lambda labels: rounds(labels).missing(Ledger(NearDuplicates(0.9)), 0),
    "their count": lambda labels: rounds(labels).first_missing(Ledger(NearDuplicates(0.9))),
    "queries after answers": lambda labels: rounds(labels).missing(answered(labels), 1),
    "sentences that there are": lambda labels: rounds(labels).accepted(answered(labels)),
    "queries in vain": lambda labels: rounds(labels).fruitless(answered(labels)),
}


@pytest.mark.parametrize("what", WORK)
def test_names_are_compared_in_proportion_to_their_number(what: str) -> None:
    assert growth(lambda count: uses(lambda: WORK[what](counted(count))), 60) < LINEAR


def test_a_plan_of_sentences_calls_in_proportion_to_the_labels(tmp_path: Path) -> None:
    config = GenerateConfig(engine="deterministic", sentences_per_class=10)
    for plan in (plan_texts, fruitless_queries):
        assert (
            growth(lambda count, plan=plan: calls(lambda: plan(Store(tmp_path), config, "image", names(count))), 40)
            < 2.2
        )


def test_a_label_file_is_read_in_proportion_to_its_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(count: int) -> int:
        file = tmp_path / f"{count}.txt"
        file.write_text("\n".join(names(count)))
        return calls(lambda: load_labels(str(file)))

    monkeypatch.setattr("pipeline.labels.label_set.repeated", lambda found: repeated(map(Counted, found)))
    assert growth(read, 60) < 2.2
    assert growth(lambda count: uses(lambda: read(count)), 60) < LINEAR


def test_one_of_many_queries_does_not_go_through_the_label_set() -> None:
    def asked(count: int) -> int:
        labels = counted(count)
        company = Company(labels)
        return uses(lambda: [query(0, "image", label, 2, company, 3) for label in labels[:20]])

    assert asked(4000) < 2.5 * asked(100)  # a search by halves: 12 comparisons instead of 7


def test_a_label_set_that_is_sorted_once_asks_the_same_queries() -> None:
    for count in (1, 2, 3, 30):
        labels = names(count)
        for anchor in (*labels[:4], labels[-1], "a stranger"):
            for number in range(6):
                asked = [query(7, "audio", anchor, number, each, 3) for each in (labels, Company(reversed(labels)))]
                assert asked[0] == asked[1] and anchor in asked[0].labels
                others = sorted(set(labels) - {anchor})
                assert list(Company(labels).of(anchor)) == others
                assert [Company(labels).of(anchor)[at] for at in range(-len(others), 0)] == others


def test_new_names_are_compared_letter_by_letter_with_few_of_those_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    class Watched(SequenceMatcher):
        def quick_ratio(self) -> float:
            compared.append(self.b)
            return super().quick_ratio()

    monkeypatch.setattr("pipeline.labels.near.SequenceMatcher", Watched)
    there = names(2000)
    assert NearNames(there).nearest(there[7][:-1] + "?") == there[7]
    assert len(compared) < 40

    def added(count: int) -> int:
        file = tmp_path / f"{count}.txt"
        file.write_text("\n".join(map(str.upper, names(10))) + "\n")
        return calls(
            lambda: add_labels(file, [f"{name} {number}" for number, name in enumerate(names(count))], near=True)
        )

    assert growth(added, 40) < 2.2


def test_a_recipe_s_keys_are_compared_in_proportion_to_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(count: int) -> int:
        lines = "\n".join(f"{name}: 1" for name in names(count))
        monkeypatch.setattr("yaml.ScalarNode.__init__", _counting)
        return uses(lambda: load_yaml(lines))

    assert growth(read, 60) < LINEAR


def _counting(self, tag, value, start_mark=None, end_mark=None, style=None) -> None:
    self.tag, self.value = tag, Counted(value)
    self.start_mark, self.end_mark, self.style = start_mark, end_mark, style
