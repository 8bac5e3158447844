"""A recipe that learns from sentences, bound to what it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.datasets import read_rows
from pipeline.datasets.miniature import miniature_root
from pipeline.datasets.read import Source
from pipeline.encoders.cards import EncoderCard
from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.recipe.data import MiniatureData
from pipeline.runs.bound import Bound
from pipeline.tasks.sentences.decoding import card_of
from pipeline.tasks.sentences.read import labels_of
from pipeline.tasks.sentences.recipe import Recipe
from pipeline.text.select import Sentence, select_texts
from pipeline.text.spec import texts_spec
from stores import Artifact, fingerprint
from stores.address import local_side
from stores.manifest import Manifest

Part = Literal["data", "validation"]
"""Where files are named in a modality: those that are judged, or those whose labels are used."""


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
        preset = self.recipe.train.preset
        return {m: card_of(m, config.encoder, config.media, preset) for m, config in asked.items()}

    @cached_property
    def widths(self) -> dict[str, int]:
        """The width of every modality's embedding space."""
        return {modality: card.dim for modality, card in self.cards.items()}

    @cached_property
    def learning(self) -> TaamCptConfig:
        """TaAM-CPT's options as they are learned with: where widths differ, `auto` guides through class similarities."""
        config = self.recipe.train
        guides = config.weak is not None and config.lambda_inter > 0 and config.inter_through == "auto"
        return config.model_copy(update={"inter_through": "similarities"}) if guides and self._unequal else config

    @property
    def guided_otherwise(self) -> str | None:
        """Why guidance goes through class similarities though the recipe does not say so; None where it does not."""
        if self.learning.inter_through == self.recipe.train.inter_through:
            return None
        shown = ", ".join(f"{self.cards[m].name} ({m}): {width}" for m, width in self.widths.items())
        return f"guided through class similarities, for encoders have outputs of unequal width ({shown})"

    @property
    def _unequal(self) -> bool:
        return len(set(self.widths.values())) > 1

    @cached_property
    def sources(self) -> dict[str, Source]:
        """The media of every modality that has some; without those that would have to be drawn, where nothing is drawn."""
        return self._read("data")

    @cached_property
    def validation(self) -> dict[str, Source]:
        """The media of every modality that lie beside the judged ones because their labels are used; likewise."""
        return self._read("validation")

    def held_share(self, modality: str) -> float:
        """The share of a modality's files that is not judged because its labels are used."""
        data = self.recipe.modalities[modality].data
        return 0.0 if data is None else data.hold_out

    def _read(self, part: Part) -> dict[str, Source]:
        data = {m: getattr(self.recipe.modalities[m], part) for m in self.candidates.modalities}
        return {
            m: read_rows(config, m, self.labels[m], self.recipe.workspace)
            for m, config in data.items()
            if config is not None and (self.draws or not self.undrawn(m, part))
        }

    def undrawn(self, modality: str, part: Part = "data") -> int:
        """How many media of the miniature world are to be drawn still."""
        data, labels = getattr(self.recipe.modalities[modality], part), self.labels[modality]
        if not isinstance(data, MiniatureData):
            return 0
        drawn = miniature_root(data, modality, labels, local_side(self.recipe.workspace)).exists()
        return 0 if drawn else data.per_class * len(labels)

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
        return list(self._chosen(modality, labels).sentences)

    def sentences_print(self, modality: str, labels: Sequence[str] | None = None) -> str:
        """Fingerprint of those sentences with their labels; made once, too."""
        return self._chosen(modality, labels).print

    def _chosen(self, modality: str, labels: Sequence[str] | None) -> "_Chosen":
        artifact = self.store.artifact(texts_spec(self.recipe.generate, modality))
        names = tuple(self.labels[modality] if labels is None else labels)
        known = self._selected.get((modality, names))
        if known is None or known.manifest != artifact.manifest:
            manifest = artifact.manifest
            found = select_texts(artifact, names, self.recipe.generate.quota(modality))
            known = self._selected[modality, names] = _Chosen(manifest, found)
        return known

    @cached_property
    def plans(self) -> dict[Any, Any]:
        """Training plans that were made, see `lineage.plan_training`."""
        return {}

    @cached_property
    def _selected(self) -> dict[tuple[str, tuple[str, ...]], "_Chosen"]:
        return {}


@dataclass(frozen=True)
class _Chosen:
    """Sentences as they were when a manifest was read."""

    manifest: Manifest
    sentences: Sequence[Sentence]

    @cached_property
    def print(self) -> str:
        return fingerprint([[s.key, sorted(s.labels)] for s in self.sentences])
