"""The cached features of the media that a run is judged on, and the classifiers that judge them. Free of torch.

n: files, C: classes of one modality, d: width of the shared space.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.datasets import MediaRow
from pipeline.evaluation import TAAM_CPT, Rungs, zero_shot_classifiers, zero_shot_texts
from pipeline.methods.label_free.registry import transductive
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.halves import halves
from pipeline.tasks.sentences.ladder import EPOCH, UNDEFINED, assignments_spec, classifiers_spec, several
from pipeline.tasks.sentences.published import Solved, read_solved
from pipeline.tasks.sentences.rung_names import kinds, order
from pipeline.training.checkpoint import Checkpoints
from stores import text_key
from stores.errors import MmptError


class NotCached(MmptError):
    """Some media have no features yet."""


@dataclass(frozen=True)
class Judged:
    """One modality's files that have features.

    Attributes:
        rows: the files; those that were rejected are not among them.
        features: (n, d).
        rejected: (path, reason) of the others.
    """

    rows: tuple[MediaRow, ...]
    features: np.ndarray
    rejected: tuple[tuple[str, str], ...]


def judged(context: BoundSentences, modality: str) -> Judged:
    """The features of the media that a modality is judged on, and what was rejected on the way."""
    return _halves(context, modality)[0]


def held_out(context: BoundSentences, modality: str) -> Judged:
    """The features of the media whose labels may be used, as far as the recipe holds some out."""
    return _halves(context, modality)[1]


def _halves(context: BoundSentences, modality: str) -> tuple[Judged, Judged]:
    artifact, kept_held = context.media_features(modality), halves(context, modality)
    wanted = [row.key for rows in kept_held for row in rows]
    if missing := artifact.missing(wanted):
        raise NotCached(
            f"{len(missing)} of {len(wanted)} {modality} files have no features yet. "
            "Encode them first: mmpt-pipeline cache-features RECIPE"
        )

    def features(some: Sequence[MediaRow]) -> np.ndarray:
        if not some:
            return np.zeros((0, context.cards[modality].dim), np.float32)
        return artifact.arrays([row.key for row in some])["vectors"].astype(np.float32)

    kept, held = (Judged(tuple(rows), features(rows), ()) for rows in kept_held)
    return replace(kept, rejected=_rejected(context, modality)), held


def _rejected(context: BoundSentences, modality: str) -> tuple[tuple[str, str], ...]:
    source = context.sources[modality]
    reasons = {rejection.key: rejection.reason for rejection in context.media_features(modality).rejected()}
    return (*((row.path, reasons[row.key]) for row in source.rows if row.key in reasons), *source.unreadable)


def classifiers(context: BoundSentences, modality: str, checkpoints: Checkpoints) -> dict[str, np.ndarray]:
    """Method -> (C, d) class vectors: both zero-shot baselines of the same encoder, then what was solved and learned."""
    encoder, labels = context.cards[modality], context.candidates.labels(modality)
    texts = zero_shot_texts(labels, encoder.templates)
    features = context.text_features(modality)
    vectors = features.arrays([text_key(text) for template in texts for text in template])["vectors"]
    baselines = zero_shot_classifiers(vectors.astype(np.float32).reshape(len(texts), len(labels), -1))
    prompts = class_prompts(checkpoints.arrays(checkpoints.answer()))[modality]
    pools = prompts[context.candidates.indices(modality)]
    solved = solved_here(context, modality)
    return {**baselines, TAAM_CPT: pools} if solved is None else solved.with_pools(baselines, pools)


def rungs(context: BoundSentences, modality: str) -> Rungs:
    """The rest of the ladder: what files are given to together, what has no answer here, and what is published."""
    solved = solved_here(context, modality)
    if solved is None:
        return Rungs(published=TAAM_CPT)
    scores, undefined = _together(context, modality)
    publish, preset = context.recipe.ladder.publish, context.recipe.train.preset
    return Rungs(
        kinds=kinds(), scores=scores, undefined={**solved.undefined, **undefined}, order=order(),
        published=solved.published(publish, preset), learned_from=solved.used,
    )  # fmt: skip


def solved_here(context: BoundSentences, modality: str) -> Solved | None:
    """What the recipe solved of a modality's names and sentences; None where it leaves the ladder out."""
    if not context.recipe.ladder.enabled:
        return None
    return read_solved(context.store.artifact(classifiers_spec(context, modality)))


def _together(context: BoundSentences, modality: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Rung -> scores (n, C) of the files, and rung -> why it has none."""
    spec = assignments_spec(context, modality)
    if spec is None:
        shown = several(context, modality)
        why = "files show several classes; it gives every file to one" if shown else "there are no files"
        return {}, {rung.name: why for rung in transductive()}
    checkpoints = Checkpoints(context.store.artifact(spec))
    return checkpoints.arrays(EPOCH), json.loads(checkpoints.notes(EPOCH)[UNDEFINED])
