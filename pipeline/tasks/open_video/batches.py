"""Clips as methods read them: from the store alone. Dims: B clips, K views, F frames, d width, C classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from pipeline.caching.needs import Need
from pipeline.datasets.open_video import Clips
from pipeline.encoders.encoder import Encoder
from pipeline.methods.mov.batch import Classes, MovBatch, MovClips
from pipeline.methods.mov.config import MovOptions, VideoCoOpOptions
from pipeline.methods.mov.texts import class_vectors
from pipeline.sources.lossy_flow import source_rows
from pipeline.sources.sound_views import SoundViews, even_crops, training_view
from pipeline.sources.specs import FbankSpec, source_name
from pipeline.tasks.open_video.bound import BoundOpenVideo
from pipeline.tasks.open_video.errors import NotCached
from pipeline.tasks.open_video.recipe import VideoOptions
from pipeline.tasks.open_video.specs import (
    other_needs,
    sentences_need,
    sentences_of,
    sound_spec,
    sound_views,
    vectors_need,
)
from stores import Artifact, text_key


@dataclass(frozen=True)
class StoredOther:
    """Flow or sound of clips.

    Attributes:
        learn: holds what is learned from.
        judge: holds what is judged; the same where no views are drawn beforehand.
        name: of the array in either.
        lacking: keys of clips that have none.
        sound: how spectrograms are cut in the loop; None of flow, and of what was cut before.
        spec: of spectrograms.
    """

    learn: Artifact
    judge: Artifact
    name: str
    lacking: frozenset[str]
    sound: SoundViews | None
    spec: FbankSpec | None

    def learned(self, keys: Sequence[str], epoch: int, view: int) -> Tensor:
        """One view of each, as an epoch sees it (B, ...); of views that were drawn beforehand each epoch has its own."""
        found = source_rows(self.learn, list(keys), self.name)
        if self.sound is None:
            place = view if self.learn is self.judge else (epoch - 1) % found.shape[1]
            return torch.from_numpy(np.ascontiguousarray(found[:, place]))
        assert self.spec is not None
        cut = [training_view(row[0], key, epoch, self.sound, self.spec) for row, key in zip(found, keys, strict=True)]
        return torch.from_numpy(np.stack(cut))

    def all_views(self, keys: Sequence[str]) -> Tensor:
        """(B, K, ...)."""
        found = source_rows(self.judge, list(keys), self.name)
        if self.sound is None:
            return torch.from_numpy(np.ascontiguousarray(found))
        return torch.from_numpy(np.stack([even_crops(row[0], self.sound) for row in found]))


@dataclass(frozen=True)
class StoredClips:
    """Clips, read when they are needed.

    Attributes:
        clips: in order.
        vectors: v of all views, of those that are learned from or of those that are judged.
        views: K of these.
        other: what is read beside frames, if anything is.
    """

    clips: Clips
    vectors: Artifact
    views: int
    other: StoredOther | None

    @cached_property
    def labels(self) -> Tensor:
        """int64 (n,)."""
        return torch.tensor(self.clips.labels)

    def learned(self, rows: np.ndarray, epoch: int) -> MovBatch:
        """Some clips as an epoch (1-based) sees them: view (epoch - 1) modulo K of each."""
        keys, view = self._keys(rows), (epoch - 1) % self.views
        other = self.other.learned(keys, epoch, view) if self.other else None
        return MovBatch(self._vectors(keys)[:, view], other, self.labels[torch.from_numpy(np.asarray(rows))])

    def judged(self, rows: np.ndarray) -> MovClips:
        """Some clips, all views of each; of clips that lack the other modality its rows are 0 and not read."""
        keys = self._keys(rows)
        video, stored = self._vectors(keys), self.other
        if stored is None:
            return MovClips(video)
        there = [place for place, key in enumerate(keys) if key not in stored.lacking]
        if not there:
            return MovClips(video)
        found = stored.all_views([keys[place] for place in there])
        if len(there) == len(keys):
            return MovClips(video, found)
        other = torch.zeros((len(keys), *found.shape[1:]), dtype=found.dtype)
        present = torch.zeros(len(keys), dtype=torch.bool)
        other[there], present[there] = found, True
        return MovClips(video, other, present)

    def _keys(self, rows: np.ndarray) -> list[str]:
        return [self.clips.rows[int(row)].key for row in rows]

    def _vectors(self, keys: Sequence[str]) -> Tensor:
        return torch.from_numpy(self.vectors.arrays(list(keys))["vectors"]).float()


def stored_clips(
    bound: BoundOpenVideo, clips: Clips, options: VideoOptions, lacking: frozenset[str], judges: bool = True
) -> StoredClips:
    """Clips as a method reads them.

    Args:
        bound: the recipe and its store.
        clips: of which there are frames.
        options: of the method.
        lacking: keys of clips without what it reads beside frames.
        judges: whether they are judged; else they are learned from.

    Raises:
        NotCached: something is not stored yet.
    """
    recipe, keys = bound.recipe, [row.key for row in clips.rows]
    even = recipe.views.clips * recipe.views.crops
    views = even if judges or not recipe.views.random else recipe.views.random
    vectors = _stored(bound, vectors_need(recipe, bound.card, learn=not judges), keys, "clips")
    other = None
    if isinstance(options, MovOptions):
        other = _other(bound, options, [key for key in keys if key not in lacking], lacking, judges)
    return StoredClips(clips, vectors, views, other)


def _other(
    bound: BoundOpenVideo, options: MovOptions, keys: Sequence[str], lacking: frozenset[str], judges: bool
) -> StoredOther:
    """Flow or sound; only what is asked for has to be there."""
    recipe, what = bound.recipe, f"clips' {options.other}"
    learn, judge = other_needs(recipe, bound.card, options)
    if learn == judge:
        found = _stored(bound, learn, keys, what)
        both = (found, found)
    else:
        _stored(bound, judge if judges else learn, keys, what)
        both = (bound.store.artifact(learn.spec(recipe.cache)), bound.store.artifact(judge.spec(recipe.cache)))
    views = recipe.views.clips * recipe.views.crops
    cropped = options.other == "sound" and options.cut == "pixels"  # in the loop
    assert learn.source is not None
    name = source_name(learn.source) if learn.card is None else "activations"
    return StoredOther(
        *both, name, lacking, sound_views(recipe, options, views) if cropped else None,
        sound_spec(recipe) if cropped else None,
    )  # fmt: skip


def stored_classes(
    bound: BoundOpenVideo, names: Sequence[str], options: VideoOptions, encoder: Encoder | None, device: torch.device
) -> Classes:
    """Class vectors of names, from the store; tokens for CoOp alone.

    Raises:
        NotCached: sentences are not encoded yet.
    """
    keys = [text_key(sentence) for sentence in sentences_of(names)]
    artifact = _stored(bound, sentences_need(bound.card), keys, "sentences")
    return classes_of(torch.from_numpy(artifact.arrays(keys)["vectors"]).float(), names, options, encoder, device)


def classes_of(
    sentences: Tensor, names: Sequence[str], options: VideoOptions, encoder: Encoder | None, device: torch.device
) -> Classes:
    """Class vectors of the features (C * 28, d) of their sentences."""
    texts = class_vectors(sentences.unflatten(0, (len(names), -1)), options.template_mean).to(device)
    text = encoder.prompted_text if encoder is not None and isinstance(options, VideoCoOpOptions) else None
    return Classes(texts, text.classes(names) if text is not None else None)


def _stored(bound: BoundOpenVideo, need: Need, keys: Sequence[str], what: str) -> Artifact:
    artifact = bound.store.artifact(need.spec(bound.recipe.cache))
    absent = artifact.missing(keys)
    if absent:
        raise NotCached(
            f"{len(absent)} of {len(set(keys))} {what} are not in {artifact.spec.name} yet. "
            "Make them first: mmpt-pipeline cache-features RECIPE"
        )
    return artifact
