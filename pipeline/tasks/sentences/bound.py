"""A recipe that learns from sentences, bound to what it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.datasets import read_rows
from pipeline.datasets.read import Source
from pipeline.encoders.cards import EncoderCard, card, with_media
from pipeline.labels import Candidates
from pipeline.run.bound import Bound
from pipeline.tasks.sentences.read import labels_of
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.text.select import Sentence, select_texts
from pipeline.text.spec import texts_spec
from stores import Artifact
from stores.manifest import Manifest


@dataclass(frozen=True)
class BoundSentences(Bound[Recipe]):
    """A recipe that learns from sentences, bound to its labels, encoders, media and sentences."""

    @cached_property
    def labels(self) -> dict[str, list[str]]:
        """The class names of every modality."""
        return labels_of(self.recipe)

    @cached_property
    def candidates(self) -> Candidates:
        """The columns of every prompt pool."""
        return Candidates.of(self.labels)

    @cached_property
    def cards(self) -> dict[str, EncoderCard]:
        """The encoder of every modality, in column order."""
        asked = {m: self.recipe.modalities[m] for m in self.candidates.modalities}
        return {m: with_media(card(config.encoder), config.media) for m, config in asked.items()}

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The media of every modality that has some."""
        data = {m: self.recipe.modalities[m].data for m in self.candidates.modalities}
        return {
            m: read_rows(config, m, self.labels[m], self.recipe.workspace)
            for m, config in data.items()
            if config is not None
        }

    def text_features(self, modality: str) -> Artifact:
        """The features of a modality's sentences and class names."""
        config = self.recipe.cache
        return self.store.artifact(text_features_spec(self.cards[modality], dtype=config.dtype, compute=config.compute))

    def media_features(self, modality: str) -> Artifact:
        """The features of what a modality is judged on."""
        config = self.recipe.cache
        return self.store.artifact(
            media_features_spec(self.cards[modality], dtype=config.dtype, compute=config.compute)
        )

    def sentences(self, modality: str, labels: Sequence[str] | None = None) -> list[Sentence]:
        """The sentences that the modality learns from, or those it would learn from with other labels.

        They are read once for as long as nobody publishes more.
        """
        artifact = self.store.artifact(texts_spec(self.recipe.generate, modality))
        names = tuple(self.labels[modality] if labels is None else labels)
        manifest, found = self._selected.get((modality, names), (None, []))
        if manifest != artifact.manifest:
            manifest = artifact.manifest
            found = select_texts(artifact, names, self.recipe.generate.sentences_per_class)
            self._selected[modality, names] = manifest, found
        return list(found)

    @cached_property
    def _selected(self) -> dict[tuple[str, tuple[str, ...]], tuple[Manifest, list[Sentence]]]:
        return {}
