"""The solved rungs of the ladder as units: what names their artifacts. Free of torch.

One artifact a modality holds the class vectors of all rungs that know names and sentences only; another holds the scores of those
that judge the files together, where there are files and each shows one class.
"""

from collections.abc import Iterator, Sequence

from pipeline.datasets import MediaRow
from pipeline.evaluation import zero_shot_texts
from pipeline.methods.label_free.base import Rung
from pipeline.methods.label_free.registry import inductive, transductive
from pipeline.methods.label_free.waffle import waffle_texts
from pipeline.runs.work import Unit
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.halves import halves
from pipeline.text.spec import texts_spec
from stores import ArtifactSpec, fingerprint

METHOD = "label-free"
CLASSIFIERS, ASSIGNMENTS = "classifiers", "assignments"
"""Kinds of artifacts, and with "/modality" behind it what a run record calls one."""

UNBOUNDED = "unbounded"
"""A tensor beside those of the rungs: names with as many sentences as there are."""
USED, UNDEFINED = "learned from", "undefined"
"""What their notes tell, as JSON."""
EPOCH = 1
"""The checkpoint that holds what was solved; 0 holds the zero-shot baselines."""

EVIDENCE_VERSION = 1
"""Raise it when the same sentences would be dropped, or believed, otherwise."""


def ladder_units(context: BoundSentences) -> Iterator[Unit]:
    """What is solved: a unit a modality for class vectors, and one where files can be judged together."""
    if not context.recipe.ladder.enabled:
        return
    config, seed = context.recipe.ladder, context.recipe.seed
    for modality, card in context.cards.items():
        size = len(context.labels[modality]) * card.dim * 4 * (len(inductive()) + 2)
        spec = classifiers_spec(context, modality)
        yield Unit(_name(spec), METHOD, config, seed, spec, EPOCH, CLASSIFIERS, size, "solved, not learned by steps")
    for modality in context.cards:
        together = assignments_spec(context, modality)
        if together is not None:
            rows = len(context.sources[modality].rows)
            size = rows * len(context.labels[modality]) * 4 * len(transductive())
            yield Unit(
                _name(together), METHOD, config, seed, together, EPOCH, ASSIGNMENTS, size, "unlabelled files together"
            )


def classifiers_spec(context: BoundSentences, modality: str) -> ArtifactSpec:
    """Of a modality's class vectors: names, sentences, and the rungs that learn from them."""
    fields = {
        **_names(context, modality, inductive()),
        "evidence_version": EVIDENCE_VERSION,
        "seed": context.recipe.seed,
        "texts": context.sentences_print(modality),
        "agreement": context.recipe.train.agreement,
    }
    parents = (
        texts_spec(context.recipe.generate, modality).fingerprint,
        context.text_features(modality).spec.fingerprint,
    )
    return ArtifactSpec(kind=CLASSIFIERS, fields=fields, parents=parents, backend="blob")


def assignments_spec(context: BoundSentences, modality: str) -> ArtifactSpec | None:
    """Of what the files are given to when they are judged together; None where that has no sense.

    Files that have no features yet are counted in, as far as they are not known to have none.
    """
    if not context.recipe.ladder.enabled or not _together(context, modality):
        return None
    fields = {
        **_names(context, modality, transductive()),
        "class_prior": context.recipe.ladder.class_prior,
        "rows": fingerprint([row.key for row in _rows(context, modality)]),
    }
    parents = [context.text_features(modality).spec.fingerprint, context.media_features(modality).spec.fingerprint]
    return ArtifactSpec(kind=ASSIGNMENTS, fields=fields, parents=tuple(dict.fromkeys(parents)), backend="blob")


def entry(unit: Unit) -> str | None:
    """What the run record calls a rung's artifact; None for a unit that is none."""
    return _name(unit.spec) if unit.method == METHOD else None


def modality_of(spec: ArtifactSpec) -> str:
    """Whose class vectors, or files, these are."""
    return str(spec.fields["modality"])


def several(context: BoundSentences, modality: str) -> bool:
    """Whether some file shows several of the classes."""
    known = set(context.labels[modality])
    return any(len(known.intersection(row.labels)) > 1 for row in context.sources[modality].rows)


def name_texts(context: BoundSentences, modality: str) -> list[list[str]]:
    """(T, C) the modality's own class names in every template."""
    return zero_shot_texts(context.candidates.labels(modality), context.cards[modality].templates)


def control_texts(context: BoundSentences, modality: str) -> list[list[str]]:
    """(V, C) the same names with descriptors that mean nothing; none where the ladder is left out."""
    if not context.recipe.ladder.enabled:
        return []
    template = context.cards[modality].templates[0]
    return waffle_texts(context.candidates.labels(modality), template, context.recipe.seed)


def _name(spec: ArtifactSpec) -> str:
    return f"{spec.kind}/{modality_of(spec)}"


def _names(context: BoundSentences, modality: str, rungs: Sequence[Rung]) -> dict[str, object]:
    return {
        "modality": modality,
        "rungs": {rung.name: rung.version for rung in rungs},
        "labels": context.candidates.labels(modality),
        "templates": list(context.cards[modality].templates),
    }


def _together(context: BoundSentences, modality: str) -> bool:
    if modality not in context.sources or not _rows(context, modality):
        return False
    return bool(transductive()) and not several(context, modality)


def _rows(context: BoundSentences, modality: str) -> list[MediaRow]:
    return halves(context, modality)[0]
