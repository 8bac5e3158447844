"""Alarms about what the encoder makes of sentences and class names; read from the stored features, free of torch.

C: classes of one modality, d: width of the encoder's space.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.alarms import Alarm
from pipeline.alarms.cut_off import cut_off
from pipeline.alarms.names_alike import alike, names_alike
from pipeline.alarms.not_recognised import not_recognised, recognised
from pipeline.caching.overlong import overlong_texts
from pipeline.evaluation import zero_shot_texts
from pipeline.evaluation.similarity import unit_rows
from pipeline.evaluation.zero_shot import zero_shot_classifier
from pipeline.tasks.sentences.alarms.sentences import more_sentences
from pipeline.tasks.sentences.alarms.unwritable import where
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.work import class_texts
from pipeline.text.select import Sentence
from stores import text_key

_A_CLASS = 100  # sentences that are looked at: enough for a share, and a thousand classes are read in a second


def of_features(context: BoundSentences) -> Iterator[Alarm]:
    """Sentences that are not recognised, names that are alike, and texts that are cut off, modality by modality."""
    for modality in context.candidates.modalities:
        seen = _seen(context, modality)
        yield from _not_recognised(context, seen)
        yield from _names_alike(context, seen)
        yield from _cut_off(context, modality)


@dataclass(frozen=True)
class _Seen:
    """What is looked at of a modality: its names (C, d) over all templates, and sentences with their unit features (n, d)."""

    modality: str
    labels: list[str]
    names: np.ndarray
    sentences: list[Sentence]
    features: np.ndarray


def _seen(context: BoundSentences, modality: str) -> _Seen:
    labels, artifact = context.candidates.labels(modality), context.text_features(modality)
    texts = zero_shot_texts(labels, context.cards[modality].templates)
    vectors = artifact.arrays([text_key(text) for template in texts for text in template])["vectors"]
    names = zero_shot_classifier(vectors.astype(np.float32).reshape(len(texts), len(labels), -1))
    sentences = list(_some_of_each(context.sentences(modality)))
    found = artifact.arrays([sentence.key for sentence in sentences])["vectors"] if sentences else names[:0]
    return _Seen(modality, labels, names, sentences, unit_rows(found.astype(np.float32)))


def _some_of_each(sentences: Sequence[Sentence]) -> Iterator[Sentence]:
    """As many of each class as are looked at, spread over all that it has."""
    of_class: dict[str, list[Sentence]] = {}
    for sentence in sentences:
        of_class.setdefault(sentence.anchor, []).append(sentence)
    for found in of_class.values():
        yield from found[:: -(-len(found) // _A_CLASS)]


def _not_recognised(context: BoundSentences, seen: _Seen) -> Iterator[Alarm]:
    same: dict[str, set[str]] = {label: {label} for label in seen.labels}
    for i, j, _ in alike(seen.names):
        same[seen.labels[i]].add(seen.labels[j])
        same[seen.labels[j]].add(seen.labels[i])
    nearest = [seen.labels[place] for place in (seen.features @ seen.names.T).argmax(axis=1)]
    own = [set().union(*(same[label] for label in sentence.labels)) for sentence in seen.sentences]
    found = recognised(nearest, own, [sentence.anchor for sentence in seen.sentences])
    remedy = (
        f"read them: mmpt-pipeline texts export RECIPE sentences.csv --modality {seen.modality}; then give the class a name that "
        f"says what is meant in {where(context, seen.modality)}, or {more_sentences(context, seen.modality)}"
    )
    yield from not_recognised(seen.modality, found, remedy)


def _names_alike(context: BoundSentences, seen: _Seen) -> Iterator[Alarm]:
    place = {label: number for number, label in enumerate(seen.labels)}
    sums, counts = np.zeros(seen.names.shape, np.float64), [0] * len(seen.labels)
    for sentence, vector in zip(seen.sentences, seen.features, strict=True):
        for label in sentence.labels:
            sums[place[label]] += vector
            counts[place[label]] += 1
    remedy = (
        f"say in {where(context, seen.modality)} what tells them apart (crane bird, crane machine), or keep one of them"
    )
    yield from names_alike(
        seen.modality, seen.labels, seen.names, sums, counts, context.cards[seen.modality].name,
        f"{remedy}; then: mmpt-pipeline run RECIPE",
    )  # fmt: skip


def _cut_off(context: BoundSentences, modality: str) -> Iterator[Alarm]:
    features = context.text_features(modality).spec
    sentences = [sentence.text for sentence in context.sentences(modality)]
    kinds = {
        "sentences": (sentences, _shorter(context, modality)),
        "class names in their templates": (
            class_texts(context.cards[modality], context.candidates, modality),
            f"shorten the name in {where(context, modality)}; then: mmpt-pipeline run RECIPE",
        ),
    }
    if modality in context.sources and context.cards[modality].media is None:
        judged = [row.path for row in context.sources[modality].rows]
        kinds["texts that are judged"] = (
            judged,
            "split or shorten them, or name an encoder that reads longer texts: encoder: …",
        )
    for what, (texts, remedy) in kinds.items():
        found = overlong_texts(context.store, features, list(dict.fromkeys(texts)))
        yield from cut_off(modality, what, found.texts, len(dict.fromkeys(texts)), found.limit, remedy)


def _shorter(context: BoundSentences, modality: str) -> str:
    config = context.recipe.generate
    if config.engine == "import":
        assert config.imports is not None
        return f"shorten them in {config.imports.files[modality]}; then: mmpt-pipeline run RECIPE"
    return (
        f"write generate: {{max_words: {max(config.max_words // 2, 4)}}} in the recipe; then: mmpt-pipeline run RECIPE"
    )
