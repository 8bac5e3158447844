"""The generate stage: from class names to sentences (TaAM-CPT, section 3.1).

Every class is the anchor of queries of its own, until it has its quota of sentences or the rounds are used
up. Kept sentences are rows keyed by their text; everything else that an answer held is a rejected row with
its reason and text, so every query leaves a trace and is never asked again. A batch of queries is published
whole: a run that was killed loses at most one batch, and the next one asks the same queries in the same
batches and ends in the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.progress import Progress
from pipeline.text.answers import Outcome, sort_answer
from pipeline.text.config import GenerateConfig
from pipeline.text.engines import Engine, Request, load_engine
from pipeline.text.engines.deterministic import DIGEST
from pipeline.text.errors import TextError
from pipeline.text.filters import FILTER_VERSION
from pipeline.text.ledger import Ledger, Rounds
from pipeline.text.models import model_source
from pipeline.text.parse import PARSER_VERSION
from pipeline.text.queries import Query
from pipeline.text.summary import ClassCount, GenerateSummary, Tally, TextPlan
from pipeline.text.template import MAX_LABELS, render_query
from stores import Artifact, ArtifactSpec, Store, Writer

__all__ = ["Sentence", "generate_texts", "plan_texts", "select_texts", "texts_spec"]


@dataclass(frozen=True)
class Sentence:
    """A kept sentence.

    Attributes:
        key: Of its text.
        text: The sentence.
        labels: Class names that it carries, in the order in which the query listed them.
        anchor: The class that it was written for, one of the labels.
    """

    key: str
    text: str
    labels: tuple[str, ...]
    anchor: str


def texts_spec(config: GenerateConfig, modality: str) -> ArtifactSpec:
    """Spec of the artifact of sentences: all that shapes a sentence, but neither the label set nor the quota.

    Raises:
        ModelNotFound: The language model is neither in a folder nor a hub id.
        TextError: The modality is unknown.
    """
    if modality not in MAX_LABELS:
        raise TextError(f"generate: '{modality}' is no modality; there are {', '.join(MAX_LABELS)}")
    fields = {
        "modality": modality,
        "engine": config.engine,
        "template": render_query(config.template, config.modality_words[modality], ["{labels}"]),
        "max_labels": config.max_labels[modality],
        "max_words": config.max_words,
        "max_similarity": config.max_similarity,
        "seed": config.seed,
        "parser": PARSER_VERSION,
        "filters": FILTER_VERSION,
    }
    return ArtifactSpec(kind="texts", fields=fields | _model_fields(config), backend="parquet")


def plan_texts(store: Store, config: GenerateConfig, modality: str, labels: Sequence[str]) -> TextPlan:
    """What is still to be asked; reads the store and writes nothing."""
    ledger = Ledger.read(store.artifact(texts_spec(config, modality)), config.max_similarity)
    rounds = _rounds(config, modality, labels)
    accepted = rounds.accepted(ledger)
    below = {label: kept for label, kept in accepted.items() if kept < config.sentences_per_class}
    return TextPlan(len(rounds.first_missing(ledger)), below)


def generate_texts(
    store: Store,
    config: GenerateConfig,
    modality: str,
    labels: Sequence[str],
    *,
    device: str = "auto",
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> GenerateSummary:
    """Ask until every class has its quota, or its rounds are used up.

    Args:
        store: Where the sentences go, and where those of earlier runs are.
        config: Model, sampling, filters and quota.
        modality: "image", "audio" or "video".
        labels: Class names of the modality.
        device: Where the model runs.
        progress: Where to show how far it is.
        engine: Used instead of the one that the configuration names, which otherwise is loaded when there is
            something to ask.

    Raises:
        TextError: The modality is unknown, there are no labels, or the engine cannot run.
        LockHeld: Another process is writing these texts.
    """
    artifact = store.artifact(texts_spec(config, modality))
    rounds, tally = _rounds(config, modality, labels), Tally()
    with artifact.writer() as writer:
        ledger = Ledger.read(artifact, config.max_similarity)
        for number in range(config.max_rounds):
            missing = rounds.missing(ledger, number)
            if missing:
                engine = engine or load_engine(config, device=device)
                _ask_all(engine, config, missing, ledger, writer, tally, progress or Progress.silent(), number)
    counts = {name: ClassCount(config.sentences_per_class, kept) for name, kept in rounds.accepted(ledger).items()}
    return GenerateSummary(
        modality,
        tally.queries,
        tally.sentences,
        tally.accepted,
        dict(tally.rejected),
        counts,
        artifact.spec.fingerprint,
    )


def select_texts(artifact: Artifact, labels: Sequence[str], quota: int) -> list[Sentence]:
    """The sentences of a label set: those that carry none but its labels, at most `quota` for every class.

    They come class by class in the order of the labels, and by query number within a class, so that a later
    run with more labels only adds sentences.

    Args:
        artifact: Of kind "texts".
        labels: The label set.
        quota: Most sentences of one anchor class.
    """
    allowed = set(labels)
    chosen: dict[str, list[tuple[int, int, Sentence]]] = {label: [] for label in labels}
    columns = ["text", "labels", "anchor", "query", "sentence"]
    for row in artifact.table(columns).to_pylist() if artifact.exists else []:
        if row["anchor"] in allowed and allowed.issuperset(row["labels"]):
            sentence = Sentence(row["key"], row["text"], tuple(row["labels"]), row["anchor"])
            chosen[row["anchor"]].append((row["query"], row["sentence"], sentence))
    ordered = (sorted(rows, key=lambda row: row[:2])[:quota] for rows in chosen.values())
    return [sentence for rows in ordered for _, _, sentence in rows]


def _model_fields(config: GenerateConfig) -> dict[str, str | int | float]:
    if config.engine == "deterministic":
        return {"model": DIGEST}
    return {
        "model": model_source(config.model, config.revision).digest,
        "temperature": config.temperature,
        "top_k": config.top_k,
        "top_p": config.top_p,
        "max_new_tokens": config.max_new_tokens,
    }


def _rounds(config: GenerateConfig, modality: str, labels: Sequence[str]) -> Rounds:
    if not labels:
        raise TextError(f"generate: there are no {modality} labels to write about. Name some: labels: [cat, dog]")
    return Rounds(
        seed=config.seed,
        modality=modality,
        labels=tuple(dict.fromkeys(labels)),
        max_labels=config.max_labels[modality],
        quota=config.sentences_per_class,
        max_rounds=config.max_rounds,
    )


def _ask_all(
    engine: Engine,
    config: GenerateConfig,
    queries: Sequence[Query],
    ledger: Ledger,
    writer: Writer,
    tally: Tally,
    progress: Progress,
    number: int,
) -> None:
    name = f"{queries[0].modality} sentences" + (f", top-up {number}" if number else "")
    with progress.task(name, total=len(queries), unit="query") as task:
        for start in range(0, len(queries), config.queries_per_shard):
            batch = queries[start : start + config.queries_per_shard]
            requests = [Request(_prompt(config, each), each.seed) for each in batch]
            outcome = Outcome()
            for asked, answer in zip(batch, engine.generate(requests), strict=True):
                sort_answer(asked, answer, config.max_words, ledger, outcome)
            writer.publish(outcome.keys, outcome.table(), rejected=outcome.rejected)
            tally.add(len(batch), outcome)
            task.note(f"{tally.accepted / max(tally.sentences, 1):.0%} kept")
            task.advance(len(batch))


def _prompt(config: GenerateConfig, asked: Query) -> str:
    return render_query(config.template, config.modality_words[asked.modality], asked.labels)
