"""What has been asked so far, and what to ask next: rounds of queries that fill every class up to its quota.

The rounds of a class are stretches of its query numbers. Round 0 takes as many as the quota needs if every sentence
passes; a later round takes what is short, divided by the share that has passed so far. A round is a pure function of
the label set, the quota and the answers to earlier rounds, so a run that was killed asks the rest of exactly the same
queries. Queries that were asked under another label set, with labels that are not in this one, are passed over.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, islice

from pipeline.text.near_duplicates import NearDuplicates
from pipeline.text.queries import Company, Query, query
from stores import Artifact, Rejection

__all__ = ["Ledger", "Rounds"]

_LOWEST_PASS_RATE = 0.2


@dataclass
class Ledger:
    """Everything that the artifact of texts holds, as far as asking on needs it.

    Attributes:
        labels: Labels of each query that was answered, by anchor and number.
        accepted: Kept sentences of each query.
        keys: Keys of all kept sentences.
        alike: Index of the kept sentences by anchor.
    """

    alike: NearDuplicates
    labels: dict[str, dict[int, frozenset[str]]] = field(default_factory=dict)
    accepted: Counter[tuple[str, int]] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, artifact: Artifact, max_similarity: float) -> "Ledger":
        """Read what has been published."""
        ledger = cls(NearDuplicates(max_similarity))
        if artifact.exists:
            for row in artifact.table(["text", "labels", "anchor", "query"]).to_pylist():
                ledger.accept(row["key"], row["text"], row["anchor"], row["query"], row["labels"])
            for rejection in artifact.rejected():
                ledger.refuse(rejection)
        return ledger

    def accept(self, key: str, text: str, anchor: str, number: int, labels: Sequence[str]) -> None:
        """Count a kept sentence. Of a query whose class was called otherwise later, those under the last name count."""
        if self.labels.setdefault(anchor, {}).get(number, frozenset(labels)) != frozenset(labels):
            self.accepted[anchor, number] = 0
        self.labels[anchor][number] = frozenset(labels)
        self.accepted[anchor, number] += 1
        self.keys.add(key)
        self.alike.add(anchor, text)

    def refuse(self, rejection: Rejection) -> None:
        """Remember that a query was answered, whatever came of it."""
        detail = rejection.detail
        labels = frozenset(detail["labels"].split("\n"))
        self.labels.setdefault(detail["anchor"], {})[int(detail["query"])] = labels

    def forget(self, anchor: str, number: int) -> None:
        """Let a query be asked again."""
        del self.labels[anchor][number]

    def answered(self, anchor: str, number: int) -> bool:
        """Whether query `number` of a class has been asked and answered."""
        return number in self.labels.get(anchor, {})


@dataclass(frozen=True)
class Rounds:
    """The queries of a label set, round by round.

    Attributes:
        seed: The recipe's seed of generation.
        modality: Of the label set.
        labels: The label set, in the order in which classes are asked about.
        max_labels: Most labels in one query.
        quota: Sentences wanted of every class.
        max_rounds: Rounds at most.
        answer_size: Sentences that an answer should have.
    """

    seed: int
    modality: str
    labels: tuple[str, ...]
    max_labels: int
    quota: int
    max_rounds: int
    answer_size: int

    def missing(self, ledger: Ledger, number: int) -> list[Query]:
        """The queries of a round that have no answer yet, class by class."""
        return [self._query(anchor, j) for anchor, j in self._unanswered(ledger, number)]

    def first(self, anchor: str) -> list[Query]:
        """The queries of a class in a first round that nothing came before."""
        return [self._query(anchor, j) for j in range(self._size(0, 0))]

    def first_missing(self, ledger: Ledger) -> int:
        """How many queries of the first round that has any have no answer yet; 0 if there is nothing left to ask."""
        counts = (sum(1 for _ in self._unanswered(ledger, number)) for number in range(self.max_rounds))
        return next(filter(None, counts), 0)

    def accepted(self, ledger: Ledger) -> Mapping[str, int]:
        """Kept sentences of each class whose labels are all in the label set."""
        return {
            anchor: sum(
                ledger.accepted[anchor, number]
                for number, labels in ledger.labels.get(anchor, {}).items()
                if labels <= self._allowed
            )
            for anchor in self.labels
        }

    def fruitless(self, ledger: Ledger) -> list[tuple[str, int]]:
        """(class, query number) of queries of which nothing was kept, in classes that lack sentences."""
        kept = self.accepted(ledger)
        return [
            (anchor, number)
            for anchor in self.labels
            if kept[anchor] < self.quota
            for number, labels in ledger.labels.get(anchor, {}).items()
            if labels <= self._allowed and not ledger.accepted[anchor, number]
        ]

    @cached_property
    def _allowed(self) -> frozenset[str]:
        return frozenset(self.labels)

    @cached_property
    def _company(self) -> Company:
        return Company(self.labels)

    def _unanswered(self, ledger: Ledger, number: int) -> Iterator[tuple[str, int]]:
        """(class, query number) of a round that has no answer yet."""
        for anchor in self.labels:
            taken = next(islice(self._rounds(ledger, anchor), number, None), ())
            yield from ((anchor, j) for j in taken if not ledger.answered(anchor, j))

    def _rounds(self, ledger: Ledger, anchor: str) -> Iterator[tuple[int, ...]]:
        """Query numbers of round 0, 1, …; a round comes out only when those before it are answered."""
        numbers = self._numbers(ledger, anchor)
        asked, kept = 0, 0
        taken: tuple[int, ...] = ()
        for _ in range(self.max_rounds):
            if kept >= self.quota or not self._all_answered(ledger, anchor, taken):
                return
            taken = tuple(islice(numbers, self._size(asked, kept)))
            yield taken
            asked += len(taken)
            kept += sum(ledger.accepted[anchor, number] for number in taken)

    def _numbers(self, ledger: Ledger, anchor: str) -> Iterator[int]:
        seen = ledger.labels.get(anchor, {})
        # A copy: what is answered during this run has labels of this set, and never moves the numbers.
        foreign = {number for number, labels in seen.items() if not labels <= self._allowed}
        return (number for number in count() if number not in foreign)

    def _size(self, asked: int, kept: int) -> int:
        rate = max(kept / (asked * self.answer_size), _LOWEST_PASS_RATE) if asked else 1.0
        return -int(-(self.quota - kept) // (self.answer_size * rate))

    def _all_answered(self, ledger: Ledger, anchor: str, numbers: Sequence[int]) -> bool:
        return all(ledger.answered(anchor, number) for number in numbers)

    def _query(self, anchor: str, number: int) -> Query:
        return query(self.seed, self.modality, anchor, number, self._company, self.max_labels)
