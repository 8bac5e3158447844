"""The generate stage: from class names to sentences (TaAM-CPT, section 3.1).

Every class is the anchor of queries of its own, until it has its quota of sentences or the rounds are used
up. Kept sentences are rows keyed by their text; everything else that an answer held is a rejected row with
its reason and text, so every query leaves a trace and is never asked again. A batch of queries is published
whole: a run that was killed loses only the answers that were still being written, or at most one batch where the engine
gives all its answers at once, and the next one asks the same queries in the same batches and ends in the same bytes.
"""

from collections.abc import Sequence
from contextlib import suppress

from pipeline.telemetry.progress import Progress
from pipeline.text.advice import advice
from pipeline.text.answers import Outcome, sort_answer
from pipeline.text.asking import query_text, template_for
from pipeline.text.batch.book import Book
from pipeline.text.batch.kept import AnswersOfBatches, KeptOrCollected, NotAnsweredYet
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Engine, Request, load_engine
from pipeline.text.engines.ahead import Kept, answer_batches
from pipeline.text.errors import TextError
from pipeline.text.imported import import_texts, plan_import
from pipeline.text.ledger import Ledger
from pipeline.text.queries import Query
from pipeline.text.reading.begun import begun_list
from pipeline.text.rounds import rounds_of
from pipeline.text.spec import texts_spec
from pipeline.text.summary import ClassCount, GenerateSummary, Tally, TextPlan
from stores import Store, Writer


def plan_texts(store: Store, config: GenerateConfig, modality: str, labels: Sequence[str]) -> TextPlan:
    """What is still to be asked, or to be read; looks into the store and writes nothing."""
    if config.engine == "import":
        return plan_import(store, config, modality)
    ledger = Ledger.read(store.artifact(texts_spec(config, modality)), config.max_similarity)
    rounds = rounds_of(config, modality, labels)
    accepted = rounds.accepted(ledger)
    below = {label: kept for label, kept in accepted.items() if kept < config.quota(modality)}
    return TextPlan(rounds.first_missing(ledger), below)


def fruitless_queries(
    store: Store, config: GenerateConfig, modality: str, labels: Sequence[str]
) -> list[tuple[str, int]]:
    """(class, query number) of queries of which nothing was kept, in classes that lack sentences; none of imported texts."""
    if config.engine == "import":
        return []
    ledger = Ledger.read(store.artifact(texts_spec(config, modality)), config.max_similarity)
    return rounds_of(config, modality, labels).fruitless(ledger)


def generate_texts(
    store: Store,
    config: GenerateConfig,
    modality: str,
    labels: Sequence[str],
    *,
    device: str = "auto",
    progress: Progress | None = None,
    engine: Engine | None = None,
    retry_fruitless: bool | frozenset[str] = False,
    only_collected: bool = False,
) -> GenerateSummary:
    """Ask until every class has its quota, or its rounds are used up; or import a file.

    Args:
        store: Where the sentences go, and where those of earlier runs are.
        config: Model, sampling, filters and quota.
        modality: "image", "audio" or "video".
        labels: Class names of the modality.
        device: Where the model runs.
        progress: Where to show how far it is.
        engine: Used instead of the one that the configuration names, which otherwise is loaded when there is
            something to ask.
        retry_fruitless: Whether queries of which nothing was kept are asked again, in classes that lack sentences; or which
            of them, as "class number".
        only_collected: Whether to publish what came in batches, shard by shard, and to ask nobody.

    Raises:
        TextError: The modality is unknown, there are no labels, the engine cannot run, or a batch that asks the same is out.
        LockHeld: Another process is writing these texts.
    """
    if config.engine == "import":
        return import_texts(store, config, modality, labels, progress or Progress.silent())
    artifact = store.artifact(texts_spec(config, modality))
    rounds, tally = rounds_of(config, modality, labels), Tally()
    with artifact.writer() as writer:
        ledger = Ledger.read(artifact, config.max_similarity)
        book = Book(writer, ledger) if config.engine == "openai" else None
        for anchor, query in rounds.fruitless(ledger) if retry_fruitless else ():
            if isinstance(retry_fruitless, bool) or f"{anchor} {query}" in retry_fruitless:
                ledger.forget(anchor, query)
        with suppress(NotAnsweredYet):
            for number in range(config.max_rounds):
                missing = rounds.missing(ledger, number)
                if missing and not only_collected:
                    _refuse_what_is_out(book, modality)
                    engine = engine or load_engine(config, device=device)
                if missing:
                    kept = writer.journal() if book is None else KeptOrCollected(writer.journal(), book)
                    asked = AnswersOfBatches() if only_collected or engine is None else engine
                    _ask_all(asked, config, missing, ledger, writer, kept, tally, progress or Progress.silent(), number)
        if book is not None:
            book.forget_published()
    counts = {name: ClassCount(config.quota(modality), kept) for name, kept in rounds.accepted(ledger).items()}
    return GenerateSummary(
        modality,
        tally.queries,
        tally.sentences,
        tally.accepted,
        dict(tally.rejected),
        counts,
        artifact.spec.fingerprint,
        advice(config, modality, tally.accepted, tally.rejected),
    )


def _ask_all(
    engine: Engine,
    config: GenerateConfig,
    queries: Sequence[Query],
    ledger: Ledger,
    writer: Writer,
    kept: Kept,
    tally: Tally,
    progress: Progress,
    number: int,
) -> None:
    name = f"{queries[0].modality} sentences" + (f", top-up {number}" if number else "")
    size = config.queries_per_shard
    batches = [queries[start : start + size] for start in range(0, len(queries), size)]
    requests = ([Request(query_text(config, each), each.seed) for each in batch] for batch in batches)
    with progress.task(name, total=len(queries), unit="query") as task:
        for batch, answers in zip(batches, answer_batches(engine, requests, kept, task.advance), strict=True):
            outcome = Outcome()
            for asked, answer in zip(batch, answers, strict=True):
                begun = begun_list(template_for(config, asked).partition("{labels}")[2])
                sort_answer(asked, answer, config, ledger, outcome, begun=begun)
            writer.publish(outcome.keys, outcome.table(), rejected=outcome.rejected)
            tally.add(len(batch), outcome)
            task.note(f"{tally.accepted / max(tally.sentences, 1):.0%} kept")


def _refuse_what_is_out(book: Book | None, modality: str) -> None:
    parts = book.parts if book is not None else []
    if parts:
        count = sum(len(part.asked) for part in parts)
        raise TextError(
            f"generate: {count:,} {modality} queries are out in batch files ({', '.join(part.name for part in parts)}), and "
            "nothing is asked twice. Take their answers in: mmpt-pipeline texts batch collect RECIPE; or take the files back: "
            "mmpt-pipeline texts batch cancel RECIPE"
        )
