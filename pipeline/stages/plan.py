"""What a run would still have to do, told without torch. It writes nothing but the memory of file hashes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.datasets.aside import Aside, total
from pipeline.datasets.miniature import miniature_root
from pipeline.recipe.data import MiniatureData
from pipeline.stages.cache import wanted_texts
from pipeline.stages.context import Context
from pipeline.stages.evaluate import RESULT, evaluation_spec
from pipeline.stages.fitting import require_one_width
from pipeline.stages.judged import judged
from pipeline.stages.lineage import plan_training
from pipeline.stages.snapshots import snapshots_planned
from pipeline.text.generate import plan_texts
from pipeline.text.summary import TextPlan
from pipeline.training.checkpoint import Checkpoints
from stores import text_key
from stores.address import local_side

_BYTES_A_SENTENCE = 200
_BYTES_A_NUMBER = {"float16": 2, "float32": 4}


@dataclass(frozen=True)
class Step:
    """One piece of work of a run.

    Attributes:
        stage: the command that does it.
        what: of which source.
        wanted: rows in all (sentences, features, epochs).
        missing: rows still to be made; an estimate where `note` says so.
        bytes: about how many bytes they will take.
        note: what is good to know.
        unreadable: (path, reason) of what the data set names and cannot be read; not among `wanted`.
        aside: counts of what else the data set holds and is not judged.
    """

    stage: str
    what: str
    wanted: int
    missing: int
    bytes: int
    note: str = ""
    unreadable: Sequence[tuple[str, str]] = ()
    aside: Sequence[Aside] = ()


def plan_run(context: Context) -> list[Step]:
    """Every step of the recipe, in order.

    Raises:
        TrainError: it cannot be learned.
    """
    require_one_width(context)
    texts = {m: plan_texts(context.store, context.recipe.generate, m, labels) for m, labels in context.labels.items()}
    steps = [*_generate(context, texts), *_cache(context, texts), *_train(context)]
    return [*steps, _evaluate(context, steps)]


def _generate(context: Context, texts: Mapping[str, TextPlan]) -> Iterator[Step]:
    for modality, labels in context.labels.items():
        quota = context.recipe.generate.quota(modality)
        found = texts[modality]
        lacking = sum(quota - kept for kept in found.below_quota.values())
        missing = lacking if found.queries else 0
        note = f"{len(found.below_quota)} of {len(labels)} classes below their quota" if found.below_quota else ""
        note += "; rounds are used up" if lacking and not missing else ""
        yield Step("generate-texts", modality, len(labels) * quota, missing, missing * _BYTES_A_SENTENCE, note)


def _cache(context: Context, plans: Mapping[str, TextPlan]) -> Iterator[Step]:
    dtype = context.recipe.cache.dtype
    for modality, encoder in context.cards.items():
        quota = context.recipe.generate.quota(modality)
        row = encoder.dim * _BYTES_A_NUMBER[dtype]
        texts = wanted_texts(context, modality)
        missing = len(context.text_features(modality).missing([text_key(text) for text in texts]))
        lacking = len(context.labels[modality]) * quota - len(context.sentences(modality))
        unwritten = lacking if plans[modality].queries else 0
        note = f"about {unwritten:,} of them not written yet" if unwritten > 0 else ""
        wanted, missing = len(texts) + unwritten, missing + unwritten
        yield Step("cache-features", f"{modality} texts", wanted, missing, missing * row, note)
        if context.recipe.modalities[modality].data is not None:
            yield _media(context, modality, row)


def _media(context: Context, modality: str, row_bytes: int) -> Step:
    undrawn = _undrawn(context, modality)
    if undrawn:
        return Step("cache-features", f"{modality} media", undrawn, undrawn, undrawn * row_bytes, "not drawn yet")
    source = context.sources[modality]
    keys = [row.key for row in source.rows]
    artifact = context.media_features(modality)
    missing, rejected = len(artifact.missing(keys)), len(set(keys) & {r.key for r in artifact.rejected()})
    absent = total(source.aside, "absent")
    counts = {"rejected": rejected, "cannot be read": len(source.unreadable) - absent, "absent": absent}
    counts |= {what: total(source.aside, what) for what in ("unlabelled", "strange", "passed over")}
    notes = [f"{count} {what}" for what, count in counts.items() if count]
    size, name = missing * row_bytes, f"{modality} media"
    return Step(
        "cache-features", name, len(set(keys)), missing, size, "; ".join(notes), source.unreadable, source.aside
    )


def _undrawn(context: Context, modality: str) -> int:
    """Media of the miniature world that the run will draw; drawing them is not a plan's business."""
    data, labels = context.recipe.modalities[modality].data, context.labels[modality]
    if not isinstance(data, MiniatureData):
        return 0
    drawn = miniature_root(data, modality, labels, local_side(context.recipe.workspace)).exists()
    return 0 if drawn else data.per_class * len(labels)


def _train(context: Context) -> Iterator[Step]:
    found = plan_training(context)
    epochs = context.recipe.train.epochs
    missing = epochs - (Checkpoints(context.store.artifact(found.spec)).last_epoch() or 0)
    size = len(context.candidates) * sum(card.dim for card in context.cards.values()) * 4
    note = f"{found.mode}, {len(found.added)} new columns of {len(context.candidates)}"
    yield Step("train", "epochs", epochs, missing, missing * size, note)
    asked, lacking = snapshots_planned(context, found, learned=not missing)
    if asked:
        yield Step("train", "snapshots", asked, lacking, lacking * size)


def _evaluate(context: Context, before: Sequence[Step]) -> Step:
    before = [step for step in before if step.what != "snapshots"]  # figures do not depend on them
    media = [step for step in before if step.what.endswith(" media")]
    files, done = sum(step.wanted for step in media), False
    if not any(step.missing for step in before):
        found = {modality: judged(context, modality) for modality in context.sources}
        done = not context.store.artifact(evaluation_spec(context, found)).missing([RESULT])
    return Step("evaluate", "files", files, 0 if done else files, 0)
