"""What every stage of a run needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.caching.specs import media_features_spec, text_features_spec
from pipeline.datasets import read_rows
from pipeline.datasets.read import Source
from pipeline.encoders.cards import EncoderCard
from pipeline.labels import Candidates
from pipeline.progress import Progress
from pipeline.recipe import Recipe
from pipeline.recipe.decoding import card_of
from pipeline.recipe.load import labels_of
from pipeline.runner.base import Runner
from pipeline.runs import RunRecord, read_run, run_folder, update_run
from pipeline.text.select import Sentence, select_texts
from pipeline.text.spec import texts_spec
from stores import Artifact, Store
from stores.address import Location
from stores.manifest import Manifest


@dataclass(frozen=True)
class Context:
    """A recipe bound to its workspace, a device and a place to show progress."""

    recipe: Recipe
    device: str
    progress: Progress
    runner: Runner | None = field(default=None, kw_only=True)
    """Whose workers do the work; None does it here."""
    retry_failed: bool | frozenset[tuple[str, str]] = field(default=False, kw_only=True)
    """Whether what was rejected before is tried again, or which of it: of what, and the key of the row or query."""

    @cached_property
    def store(self) -> Store:
        """The artifacts of the workspace."""
        return Store(self.recipe.workspace)

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
    def sources(self) -> dict[str, Source]:
        """The media of every modality that has some."""
        data = {m: self.recipe.modalities[m].data for m in self.candidates.modalities}
        return {
            m: read_rows(config, m, self.labels[m], self.recipe.workspace)
            for m, config in data.items()
            if config is not None
        }

    def retried(self, what: str) -> bool | frozenset[str]:
        """Whether, or which, rejected rows of "media/image", "texts/image", … are tried again."""
        if isinstance(self.retry_failed, bool):
            return self.retry_failed
        return frozenset(key for of, key in self.retry_failed if of == what)

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
            found = select_texts(artifact, names, self.recipe.generate.quota(modality))
            self._selected[modality, names] = manifest, found
        return list(found)

    @cached_property
    def _selected(self) -> dict[tuple[str, tuple[str, ...]], tuple[Manifest, list[Sentence]]]:
        return {}

    @property
    def folder(self) -> Location:
        """Where this recipe's run record and report lie."""
        return run_folder(self.recipe.workspace, self.recipe.name)

    def record(self) -> RunRecord:
        """This recipe's run record; an empty one before the first run."""
        return read_run(self.folder) or RunRecord()

    def note(self, artifacts: dict[str, str], **changes: object) -> None:
        """Write down which artifacts the run stands on."""

        def change(record: RunRecord) -> None:
            record.artifacts.update(artifacts)
            for name, value in changes.items():
                setattr(record, name, value)

        update_run(self.folder, change)

    def kept_back(self) -> RunRecord | None:
        """What stages wrote down that is not in the run record yet; a plain context has nothing of the kind."""
        return None

    def keep_back(self, notes: RunRecord) -> None:
        """Take over what a worker's context kept back."""

    def took(self, stage: str, seconds: float) -> None:
        """Keep how long a stage took when it last had something to do, among the facts of the run."""
        update_run(self.folder, lambda record: record.facts.update({f"seconds/{stage}": f"{seconds:.1f}"}))
