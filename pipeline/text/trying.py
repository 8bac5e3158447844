"""A few queries about a few classes, before hours are spent: what the model answers, and how much of it would be kept.

Nothing is stored: the ledger is empty, and is thrown away.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.telemetry.progress import Progress
from pipeline.text.advice import advice
from pipeline.text.answers import Outcome, sort_answer
from pipeline.text.asking import query_text, template_for, wordings
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Answer, Engine, Request, StreamingEngine, load_engine
from pipeline.text.errors import TextError
from pipeline.text.ledger import Ledger
from pipeline.text.near_duplicates import NearDuplicates
from pipeline.text.queries import Query
from pipeline.text.reading.begun import begun_list
from pipeline.text.rounds import rounds_of

__all__ = ["Trial", "TriedQuery", "try_texts"]

_QUERIES_A_CLASS = 3


@dataclass(frozen=True)
class TriedQuery:
    """One query and what came of it.

    Attributes:
        anchor: The class that it is asked for.
        labels: All classes that it names.
        query: What the model was asked.
        answer: What it said.
        kept: Sentences that would be kept.
        refused: The rest, each with its reason.
    """

    anchor: str
    labels: tuple[str, ...]
    query: str
    answer: str
    kept: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Trial:
    """What a model made of a few queries of one modality.

    Attributes:
        modality: Of the classes.
        templates: What is asked, in turn.
        queries: Those that were asked, class by class.
        sentences: How many sentences the answers held.
        rejected: What would not be kept, by reason.
        seconds: That the answers took.
        to_ask: Queries that all classes need at this yield; None where nothing was kept.
        advice: What to change, where the yield is poor.
    """

    modality: str
    templates: tuple[str, ...]
    queries: tuple[TriedQuery, ...]
    sentences: int
    rejected: dict[str, int]
    seconds: float
    to_ask: int | None
    advice: tuple[str, ...]

    @property
    def kept(self) -> int:
        """How many sentences would be kept."""
        return sum(len(each.kept) for each in self.queries)


def try_texts(
    config: GenerateConfig,
    modality: str,
    labels: Sequence[str],
    classes: int,
    *,
    device: str = "auto",
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Trial:
    """Ask the first queries of a few classes, taken from all over the list.

    Args:
        config: Model, queries and filters.
        modality: Of the label set.
        labels: Class names.
        classes: How many of them are asked about.
        device: Where the model runs.
        progress: Where to show how far it is.
        engine: Used instead of the one that the configuration names.

    Raises:
        TextError: The sentences are imported, there are no labels, or the engine cannot run.
    """
    if config.engine == "import":
        raise TextError(
            "generate-texts --try: this recipe imports its sentences and asks no model. See what a file holds with: "
            "mmpt-pipeline texts import FILE"
        )
    rounds = rounds_of(config, modality, labels)
    ledger, outcome = Ledger(NearDuplicates(config.max_similarity)), Outcome()
    asked = [
        each
        for anchor in _spread(rounds.labels, classes)
        for each in rounds.first(anchor)[: _QUERIES_A_CLASS if config.engine != "templates" else None]
    ]
    engine = engine or load_engine(config, device=device)
    start = time.monotonic()
    answers = _answers(engine, [Request(query_text(config, each), each.seed) for each in asked], modality, progress)
    seconds = time.monotonic() - start
    tried = [_tried(config, each, answer, ledger, outcome) for each, answer in zip(asked, answers, strict=True)]
    kept, rejected = len(outcome.keys), dict(outcome.reasons)
    wanted = config.quota(modality) * len(rounds.labels)
    return Trial(
        modality, wordings(config, modality), tuple(tried), outcome.sentences, rejected, seconds,
        -(-wanted * len(asked) // kept) if kept else None, advice(config, modality, kept, rejected),
    )  # fmt: skip


def _spread(labels: Sequence[str], count: int) -> list[str]:
    """So many labels, evenly from the first to the last."""
    count = min(count, len(labels))
    return [labels[i * (len(labels) - 1) // max(count - 1, 1)] for i in range(count)]


def _answers(engine: Engine, requests: Sequence[Request], modality: str, progress: Progress | None) -> list[Answer]:
    with (progress or Progress.silent()).task(f"{modality} trial", total=len(requests), unit="query") as task:
        if not isinstance(engine, StreamingEngine):
            answers = engine.generate(requests)
            task.advance(len(answers))
            return answers
        found: dict[int, Answer] = {}
        for place, answer in engine.answers(requests):
            found[place] = answer
            task.advance()
        return [found[place] for place in range(len(requests))]


def _tried(config: GenerateConfig, asked: Query, answer: Answer, ledger: Ledger, outcome: Outcome) -> TriedQuery:
    rows, refused = len(outcome.rows), len(outcome.rejected)
    begun = begun_list(template_for(config, asked).partition("{labels}")[2])
    sort_answer(asked, answer, config, ledger, outcome, begun=begun)
    kept = tuple(text for text, _, _ in outcome.rows[rows:])
    reasons = tuple((row.detail["text"], row.reason) for row in outcome.rejected[refused:])
    return TriedQuery(asked.anchor, asked.labels, query_text(config, asked), answer.text, kept, reasons)


def by_class(trial: Trial) -> dict[str, Counter[str]]:
    """Of every class that was tried: queries, kept sentences and refused parts."""
    found: dict[str, Counter[str]] = {}
    for each in trial.queries:
        counts = {"queries": 1, "kept": len(each.kept), "refused": len(each.refused)}
        found.setdefault(each.anchor, Counter()).update(counts)
    return found
