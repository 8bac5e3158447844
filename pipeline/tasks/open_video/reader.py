"""A decoded clip through a method of a finished run. Dims: K views, F frames, C names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pipeline.datasets.open_video import Exam
from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.encoder import Encoder
from pipeline.encoders.load import load_encoder
from pipeline.methods.mov.baselines import FrozenClip
from pipeline.methods.mov.batch import Classes, MovClips, VideoTowers
from pipeline.methods.mov.config import FrozenClipOptions, MovOptions
from pipeline.sources.sound_views import SoundViews, even_crops
from pipeline.tasks.open_video.batches import classes_of
from pipeline.tasks.open_video.learn import learner_of
from pipeline.tasks.open_video.recipe import OpenVideoRecipe, VideoOptions
from pipeline.tasks.open_video.specs import sentences_of, sound_views
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.read_back import read_back
from stores import Artifact


@dataclass(frozen=True)
class Reader:
    """A method that reads clips.

    Attributes:
        encoder: frozen.
        learner: ready to answer.
        classes: to choose from.
        path: "base" where all of them were learned, else "novel".
        sound: how spectrograms are cut; None of methods that read none.
    """

    encoder: Encoder
    learner: Any
    classes: Classes
    path: Exam
    sound: SoundViews | None

    def __call__(self, frames: np.ndarray, other: np.ndarray | None) -> NDArray[np.float32]:
        """Probabilities (C,) of one clip: frames uint8 (K, F, h, w, 3), and flow (K, F, h, w, 2) or sound (1, frames, bins)."""
        flat = torch.from_numpy(frames.reshape(-1, *frames.shape[2:]))
        video = self.encoder.media.full(flat).float().unflatten(0, frames.shape[:2])[None]
        beside = None
        if other is not None:
            beside = torch.from_numpy(other if self.sound is None else even_crops(other[0], self.sound))[None]
        found = self.learner.answers(MovClips(video, beside), self.classes, self.path).probabilities[0]
        return np.asarray(found.float().cpu().numpy(), np.float32)


def reader_of(
    recipe: OpenVideoRecipe, card: EncoderCard, method: str, seed: int, learned: Artifact | None, names: Sequence[str],
    device: str,
) -> Reader:  # fmt: skip
    """A method of a finished run, with its towers, for some names."""
    options: VideoOptions = recipe.methods.get(method) or recipe.frozen[method]
    encoder = load_encoder(card, device, recipe.cache.compute)
    classes = _classes(encoder, names, options)
    if isinstance(options, FrozenClipOptions) or learned is None:
        assert isinstance(options, FrozenClipOptions), "what learns has a checkpoint"
        return Reader(encoder, FrozenClip(options, VideoTowers()), classes, "novel", None)
    base = tuple(learned.spec.fields["classes"])
    learner = learner_of(options, encoder, _classes(encoder, base, options), seed, from_files=True)
    read_back(learner, Checkpoints(learned))
    views = recipe.views.clips * recipe.views.crops
    sound = (
        sound_views(recipe, options, views) if isinstance(options, MovOptions) and options.other == "sound" else None
    )
    return Reader(encoder, learner, classes, "base" if set(names) <= set(base) else "novel", sound)


def _classes(encoder: Encoder, names: Sequence[str], options: VideoOptions) -> Classes:
    with torch.no_grad():
        sentences = encoder.read(sentences_of(names)).float()
    return classes_of(sentences, names, options, encoder, encoder.media.device)
