"""Solve the rungs of the ladder from cached features. No encoder is in memory here."""

import json
from collections.abc import Sequence

import numpy as np

from pipeline.evaluation import zero_shot_classifiers
from pipeline.evaluation.result import ClassSentences, SentencesUsed
from pipeline.methods.label_free.agreement import Agreement, agreement, kept
from pipeline.methods.label_free.base import Floats, Material
from pipeline.methods.label_free.publishing import Evidence, evidence, unbounded
from pipeline.methods.label_free.registry import inductive, transductive
from pipeline.runs.work import Unit
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.errors import TrainError
from pipeline.tasks.sentences.judged import judged
from pipeline.tasks.sentences.ladder import (
    CLASSIFIERS,
    EPOCH,
    UNBOUNDED,
    UNDEFINED,
    USED,
    control_texts,
    modality_of,
    name_texts,
    several,
)
from pipeline.text.select import Sentence
from pipeline.training.checkpoint import Checkpoints
from stores import text_key

Vectors = dict[str, Floats]

_EXAMPLES = 3


def solve(context: BoundSentences, unit: Unit) -> int:
    """Solve a unit unless somebody has; returns how many epochs that took now, 1 or 0.

    Raises:
        TrainError: sentences or names have no features yet.
        NotCached: media have none.
    """
    artifact = context.store.artifact(unit.spec)
    if unit.is_finished(context.store):
        return 0
    modality = modality_of(unit.spec)
    with artifact.writer() as writer:  # who comes second waits, then finds it done
        if unit.is_finished(context.store):
            return 0
        solved = _classifiers if unit.spec.kind == CLASSIFIERS else _assignments
        with context.progress.task(f"solve {unit.name}", unit="rung") as bar:
            names, tensors, notes = solved(context, modality)
            bar.advance(len(tensors))
        checkpoints = Checkpoints(artifact, writer)
        _save(checkpoints, 0, names, {})
        _save(checkpoints, EPOCH, tensors, notes)
    return 1


def material(context: BoundSentences, modality: str, *, control: bool = False, media: bool = False) -> Material:
    """What the rungs of a modality may look at.

    Args:
        context: the recipe.
        modality: whose classes.
        control: whether the control's texts are wanted.
        media: whether the files are.

    Raises:
        TrainError: sentences or names have no features yet.
        NotCached: media are asked for, and have none.
    """
    sentences = context.sentences(modality)
    column = {label: c for c, label in enumerate(context.candidates.labels(modality))}
    width = max((len(sentence.labels) for sentence in sentences), default=1)
    carries = np.full((len(sentences), width), -1, np.int64)
    for row, sentence in enumerate(sentences):
        carries[row, : len(sentence.labels)] = [column[label] for label in sentence.labels]
    return Material(
        sentences=_features(context, modality, "sentences", [[sentence.text for sentence in sentences]])[0],
        carries=carries,
        names=_features(context, modality, "class names", name_texts(context, modality)),
        waffle=_features(context, modality, "descriptors", control_texts(context, modality)) if control else None,
        media=judged(context, modality).features if media else None,
        several=media and several(context, modality),
        class_prior=context.recipe.ladder.class_prior,
        seed=context.recipe.seed,
    )


def _classifiers(context: BoundSentences, modality: str) -> tuple[Vectors, Vectors, dict[str, str]]:
    whole, filtered = material(context, modality, control=True), context.recipe.train.agreement
    found = agreement(whole)
    learned = kept(whole, found) if filtered else whole
    undefined = {rung.name: why for rung in inductive() if (why := rung.undefined(learned))}
    tensors = {rung.name: rung.solve(learned) for rung in inductive() if rung.name not in undefined}
    tensors[UNBOUNDED] = unbounded(learned)
    labels, sentences = context.candidates.labels(modality), context.sentences(modality)
    used = _used(labels, sentences, whole, found, evidence(whole, found), filtered)
    return _baselines(whole), tensors, {USED: used.model_dump_json(), UNDEFINED: json.dumps(undefined)}


def _assignments(context: BoundSentences, modality: str) -> tuple[Vectors, Vectors, dict[str, str]]:
    found = material(context, modality, media=True)
    undefined = {rung.name: why for rung in transductive() if (why := rung.undefined(found))}
    tensors = {rung.name: rung.solve(found) for rung in transductive() if rung.name not in undefined}
    return _baselines(found), tensors, {UNDEFINED: json.dumps(undefined)}


def _baselines(found: Material) -> Vectors:
    """What is known before anything is solved."""
    return dict(zero_shot_classifiers(found.names))


def _used(
    labels: Sequence[str],
    sentences: Sequence[Sentence],
    whole: Material,
    found: Agreement,
    said: Evidence,
    filtered: bool,
) -> SentencesUsed:
    strangers: dict[str, list[tuple[str, str]]] = {label: [] for label in labels}
    for sentence, agrees, given in zip(sentences, found.agrees, found.given, strict=True):
        if filtered and not agrees:
            for label in sentence.labels:
                strangers[label].append((sentence.text, labels[int(given)]))
    return SentencesUsed(
        sentences=len(sentences), dropped=int((~found.agrees).sum()) if filtered else 0, filtered=filtered,
        recognised=said.recognised, gained=said.gained, error=said.error, fewest=said.fewest,
        classes=tuple(
            ClassSentences(
                label=label, sentences=int(whole.counts[c]), dropped=len(strangers[label]),
                examples=tuple(strangers[label][:_EXAMPLES]),
            )
            for c, label in enumerate(labels)
        ),
    )  # fmt: skip


def _features(context: BoundSentences, modality: str, what: str, texts: Sequence[Sequence[str]]) -> Floats:
    """(rows, columns, d) of texts in rows of equal length."""
    artifact = context.text_features(modality)
    keys = [text_key(text) for row in texts for text in row]
    if missing := artifact.missing(keys):
        raise TrainError(
            f"{len(missing)} of {len(keys)} {modality} {what} have no features of {context.cards[modality].name} yet. "
            "Encode them first: mmpt-pipeline cache-features RECIPE"
        )
    if not keys:
        return np.zeros((len(texts), 0, context.cards[modality].dim), np.float32)
    vectors = artifact.arrays(keys)["vectors"].astype(np.float32)
    return vectors.reshape(len(texts), -1, vectors.shape[1])


def _save(checkpoints: Checkpoints, epoch: int, tensors: dict[str, Floats], notes: dict[str, str]) -> None:
    import torch

    stored = {name: torch.from_numpy(np.ascontiguousarray(vectors, np.float32)) for name, vectors in tensors.items()}
    checkpoints.save(epoch, stored, {"step": []}, notes)
