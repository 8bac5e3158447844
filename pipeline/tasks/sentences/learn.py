"""Prompt pools are learned from cached text features. No encoder is in memory here."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.evaluation import zero_shot_texts
from pipeline.methods.label_free.agreement import agreement
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.carried import CARRIED
from pipeline.tasks.sentences.choosing import held_out_figure
from pipeline.tasks.sentences.errors import TrainError
from pipeline.tasks.sentences.fitting import require_one_width
from pipeline.tasks.sentences.lineage import Plan, checkpoint_spec, plan_training
from pipeline.tasks.sentences.replay import sentences_to_learn
from pipeline.tasks.sentences.snapshots import keep_snapshots
from pipeline.tasks.sentences.solve import material
from pipeline.text.select import Sentence
from pipeline.training.checkpoint import Checkpoints
from stores import text_key

if TYPE_CHECKING:
    from pipeline.methods.taam_cpt.training import Corpus
    from pipeline.training.columns import KnownRows


def learn_pools(context: BoundSentences) -> int:
    """Learn to the last epoch, or go on learning; returns how many epochs that took now.

    Raises:
        TrainError: sentences or their features are missing, or encoders have outputs of different widths.
        NotCached: files that an epoch is chosen on have no features.
    """
    from pipeline.devices import resolve_device
    from pipeline.methods.taam_cpt.training import learn

    require_one_width(context)
    plan, config = plan_training(context), context.learning
    artifact, before = context.store.artifact(plan.spec), config.epochs
    if not Checkpoints(artifact).is_finished(config.epochs):
        if plan.mode == CARRIED:
            _carry(context, plan)
            return 0
        _check_sentences(plan)
        device = resolve_device(context.device)
        corpus = _corpus(context, plan, device)
        with artifact.writer() as writer:  # held for the whole training: who comes second waits, then finds it done
            checkpoints = Checkpoints(artifact, writer)
            before = checkpoints.last_epoch() or 0
            learn(
                config, context.candidates, corpus, context.recipe.seed, checkpoints, device, context.progress,
                held_out_figure(context),
            )  # fmt: skip
    keep_snapshots(context, plan, lambda device: _corpus(context, plan, device))
    return config.epochs - before


def _corpus(context: BoundSentences, plan: Plan, device: str) -> "Corpus":
    """Bring the cached features of the planned sentences into memory."""
    from pipeline.methods.taam_cpt.texts import split_held_out, text_batch
    from pipeline.methods.taam_cpt.training import Corpus

    config = context.learning
    chosen = sentences_to_learn(plan.sentences, set(plan.added)) if plan.mode == "frozen" else plan.sentences
    learned, held_out = {}, {}
    for modality, planned in chosen.items():
        sentences = _agreeing(context, modality, planned)
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


def _agreeing(context: BoundSentences, modality: str, planned: Sequence[Sentence]) -> Sequence[Sentence]:
    """Those that the encoder takes for what they are said to be; all of them where it takes none so, or is not asked."""
    if not context.recipe.train.agreement:
        return planned
    found = agreement(material(context, modality)).agrees
    kept = {sentence.key for sentence, agrees in zip(context.sentences(modality), found, strict=True) if agrees}
    return [sentence for sentence in planned if sentence.key in kept] or planned


def _known(context: BoundSentences, plan: Plan) -> "KnownRows | None":
    import torch

    from pipeline.training.columns import KnownRows

    if plan.base is None:
        return None
    assert plan.kept is not None, "a base has rows"
    known = _base(context, plan)
    tensors = {name: torch.from_numpy(value) for name, value in plan.kept.tensors(known.arrays(known.answer())).items()}
    return KnownRows(tensors, plan.kept.columns, plan.mode == "frozen")


def _base(context: BoundSentences, plan: Plan) -> Checkpoints:
    """The checkpoint that a plan stands on."""
    assert plan.base is not None, "asked of a plan with a base only"
    return Checkpoints(context.store.artifact(checkpoint_spec(plan.base, context.store)))


def _carry(context: BoundSentences, plan: Plan) -> None:
    """Publish an earlier checkpoint's rows, epoch by epoch, under today's names and in today's order; nothing is learned."""
    assert plan.kept is not None, "what is carried has a base"
    mine, artifact = plan.kept.ordered(context.candidates.columns), context.store.artifact(plan.spec)
    with artifact.writer() as writer:
        Checkpoints(artifact, writer).save_as(_base(context, plan), mine.tensors)


def _class_features(context: BoundSentences) -> Mapping[str, object]:
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
