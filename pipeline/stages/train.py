"""Stage 3: learn prompt pools from cached text features. No encoder is in memory here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.evaluation import zero_shot_texts
from pipeline.labels import Column
from pipeline.operations.recorded import recorded_stage
from pipeline.stages.context import Context
from pipeline.stages.errors import TrainError
from pipeline.stages.fitting import require_one_width
from pipeline.stages.lineage import Plan, checkpoint_spec, plan_training
from pipeline.stages.on_worker import on_worker
from pipeline.stages.replay import sentences_to_learn
from pipeline.stages.snapshots import NAME as SNAPSHOTS
from pipeline.stages.snapshots import keep_snapshots
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, text_key

if TYPE_CHECKING:
    from pipeline.methods.taam_cpt.training import Corpus
    from pipeline.training.columns import KnownRows


@dataclass(frozen=True)
class TrainSummary:
    """What the stage did.

    Attributes:
        fingerprint: of the checkpoint artifact.
        epochs: epochs learned now; 0 when everything was there.
        mode: "scratch", "frozen" or "continue".
        added: columns that the run had not learned before.
        weak: the modality that was guided in the last epoch, if any; several have a comma between them.
    """

    fingerprint: str
    epochs: int
    mode: str
    added: tuple[Column, ...]
    weak: str | None


@recorded_stage("train", lambda found: {"epochs": found.epochs, "mode": found.mode})
@on_worker()
def train(context: Context) -> TrainSummary:
    """Learn, or go on learning; does nothing when the checkpoint is there."""
    plan = plan_training(context)
    artifact = context.store.artifact(plan.spec)
    epochs = context.recipe.train.epochs
    before = Checkpoints(artifact).last_epoch()
    if before != epochs:
        before = _fit(context, plan, artifact)
    made = {"checkpoint": plan.spec.fingerprint}
    kept = keep_snapshots(context, plan, lambda device: _corpus(context, plan, device))
    if kept is not None or SNAPSHOTS in context.record().artifacts:
        made[SNAPSHOTS] = kept or plan.spec.fingerprint  # those of pools that are no longer this run's are let go
    context.note(
        made, recipe=context.recipe.model_dump(mode="json"),
        columns=[[c.modality, c.label] for c in context.candidates.columns], mode=plan.mode, base=plan.base,
    )  # fmt: skip
    weak = Checkpoints(artifact).notes(epochs).get("weak")
    return TrainSummary(plan.spec.fingerprint, epochs - (before or 0), plan.mode, plan.added, weak)


def _fit(context: Context, plan: Plan, artifact: Artifact) -> int | None:
    """Learn to the last epoch; returns the one that was there when it was this process's turn."""
    from pipeline.devices import resolve_device
    from pipeline.methods.taam_cpt.training import learn

    require_one_width(context)
    _check_sentences(plan)
    device = resolve_device(context.device)
    corpus = _corpus(context, plan, device)
    with artifact.writer() as writer:  # held for the whole training: who comes second waits, then finds it done
        checkpoints = Checkpoints(artifact, writer)
        before = checkpoints.last_epoch()
        learn(
            context.recipe.train,
            context.candidates,
            corpus,
            context.recipe.seed,
            checkpoints,
            device,
            context.progress,
        )
    return before


def _corpus(context: Context, plan: Plan, device: str) -> "Corpus":
    """Bring the cached features of the planned sentences into memory."""
    from pipeline.methods.taam_cpt.texts import split_held_out, text_batch
    from pipeline.methods.taam_cpt.training import Corpus

    config = context.recipe.train
    chosen = sentences_to_learn(plan.sentences, set(plan.added)) if plan.mode == "frozen" else plan.sentences
    learned, held_out = {}, {}
    for modality, sentences in chosen.items():
        artifact = context.text_features(modality)
        if missing := artifact.missing([s.key for s in sentences]):
            raise TrainError(
                f"{len(missing)} of {len(sentences)} {modality} sentences have no features of "
                f"{context.cards[modality].name} yet. Encode them first: mmpt-pipeline cache-features RECIPE"
            )
        features = artifact.arrays([s.key for s in sentences])["vectors"]
        column = context.candidates.index(modality)
        labels = [[column[name] for name in sentence.labels] for sentence in sentences]
        keep, out = split_held_out([s.key for s in sentences], config.held_out if config.weak == "auto" else 0.0)
        learned[modality] = text_batch(features[keep], [labels[i] for i in keep], device)
        held_out[modality] = text_batch(features[out], [labels[i] for i in out], device)
    return Corpus(learned, held_out, _class_features(context), _known(context, plan))


def _known(context: Context, plan: Plan) -> "KnownRows | None":
    from pipeline.training.columns import KnownRows

    if plan.base is None:
        return None
    base = context.store.artifact(checkpoint_spec(plan.base, context.store))
    tensors = Checkpoints(base).tensors(context.recipe.train.epochs)
    return KnownRows(tensors, plan.base_columns, plan.mode == "frozen")


def _class_features(context: Context) -> Mapping[str, object]:
    """Modality -> (N, d) features of every column's class name in the single template of that modality's encoder."""
    found = {}
    for modality, encoder in context.cards.items():
        (texts,) = zero_shot_texts([c.label for c in context.candidates.columns], encoder.templates[:1])
        keys = [text_key(text) for text in texts]
        found[modality] = context.text_features(modality).arrays(keys)["vectors"]
    return found


def _check_sentences(plan: Plan) -> None:
    empty = [modality for modality, sentences in plan.sentences.items() if not sentences]
    if empty:
        raise TrainError(
            f"there is no sentence to learn from for {', '.join(empty)}. Write some first: "
            "mmpt-pipeline generate-texts RECIPE; it tells what became of each answer."
        )
