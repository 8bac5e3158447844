"""Sorting an answer into kept sentences and rejected rows."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.text.config import GenerateConfig
from pipeline.text.engines.base import Answer
from pipeline.text.filters import reject_reason
from pipeline.text.ledger import Ledger
from pipeline.text.parse import Fragment, Parsed, parse_answer
from pipeline.text.queries import Query, sentence_slot
from stores import Rejection, text_key

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DUPLICATE", "NEAR_DUPLICATE", "Outcome", "schema", "sort_answer"]

DUPLICATE, NEAR_DUPLICATE = "duplicate", "near-duplicate"


@dataclass
class Outcome:
    """What came of a batch of queries.

    Attributes:
        keys: Of the kept sentences.
        rows: The kept sentences: text, query and number of the sentence in its answer.
        rejected: Everything else.
        sentences: How many sentences the answers held.
    """

    keys: list[str] = field(default_factory=list)
    rows: list[tuple[str, Query, int]] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    sentences: int = 0

    @property
    def reasons(self) -> Counter[str]:
        """Rejected rows by reason."""
        return Counter(rejection.reason for rejection in self.rejected)

    def table(self) -> "pa.Table":
        """The kept sentences as columns, one row a key."""
        import pyarrow as pa

        return pa.Table.from_pylist(
            [
                {
                    "text": text, "labels": query.labels, "anchor": query.anchor, "query": query.number,
                    "sentence": number, "seed": query.seed,
                }
                for text, query, number in self.rows
            ],
            schema(),
        )  # fmt: skip


def schema() -> "pa.Schema":
    """The columns of kept sentences, beside their keys."""
    import pyarrow as pa

    return pa.schema([
        ("text", pa.string()), ("labels", pa.list_(pa.string())), ("anchor", pa.string()), ("query", pa.int32()),
        ("sentence", pa.int32()), ("seed", pa.int64()),
    ])  # fmt: skip


def sort_answer(
    asked: Query, answer: Answer, config: GenerateConfig, ledger: Ledger, outcome: Outcome, *, begun: str = ""
) -> None:
    """Read an answer, and enter its sentences into the ledger and into the outcome of the batch.

    Args:
        asked: The query.
        answer: To it.
        config: Tells what is kept.
        ledger: Of all answers so far.
        outcome: Of the batch.
        begun: The marker of a list that the query ends in, such as "1."; a completion goes on behind it.
    """
    if answer.problem:
        parsed = Parsed((), (Fragment("", answer.problem),))
    else:
        parsed = parse_answer(answer.text, cut=answer.cut, begun=begun if answer.continues else "")
    outcome.sentences += len(parsed.sentences)
    for number, text in enumerate(parsed.sentences):
        reason = _reason(text, asked, config, ledger)
        if reason is None:
            key = text_key(text)
            ledger.accept(key, text, asked.anchor, asked.number, asked.labels)
            outcome.keys.append(key)
            outcome.rows.append((text, asked, number))
        else:
            _reject(asked, number, text, reason, ledger, outcome)
    for number, fragment in enumerate(parsed.fragments, len(parsed.sentences)):
        _reject(asked, number, fragment.text, fragment.reason, ledger, outcome)


def _reason(text: str, asked: Query, config: GenerateConfig, ledger: Ledger) -> str | None:
    reason = reject_reason(text, asked.labels, config.max_words, must_name=config.must_name)
    if reason is not None:
        return reason
    if text_key(text) in ledger.keys:
        return DUPLICATE
    return NEAR_DUPLICATE if ledger.alike.has_like(asked.anchor, text) else None


def _reject(asked: Query, number: int, text: str, reason: str, ledger: Ledger, outcome: Outcome) -> None:
    detail = {
        "anchor": asked.anchor,
        "query": str(asked.number),
        "labels": "\n".join(asked.labels),
        "text": text,
    }
    rejection = Rejection(sentence_slot(asked, number), reason, detail=detail)
    ledger.refuse(rejection)
    outcome.rejected.append(rejection)
