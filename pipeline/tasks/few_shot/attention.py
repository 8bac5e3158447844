"""What the class token attends to in the last block, before and after prompting.

Dims: n images, N passes of the image tower that a method makes, B images of a batch, h heads, g patches along a side.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.encoders.prompted.image import PromptedImage
from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.runner.worker_state import load_encoder
from pipeline.runs.work import Unit
from pipeline.tasks.few_shot.batches import shots_at
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import cached_inputs
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.learn import Trained, class_texts


class Watched:
    """An image tower that keeps, of every pass, what the class token attended to: `maps`, each (B, g*g), mean over heads."""

    def __init__(self, image: PromptedImage):
        """Stand in for a tower."""
        self._image = image
        self.maps: list[Tensor] = []

    def __getattr__(self, name: str) -> Any:
        """Everything else is the tower's."""
        return getattr(self._image, name)

    def upper(self, acts: Mapping[str, Tensor], cut: str, prompts: Tensor | None = None) -> Tensor:
        """See `PromptedImage.upper`."""
        self.maps.append(self._image.cls_attention(acts, cut, prompts).mean(1))
        return self._image.upper(acts, cut, prompts)


def attention_maps(task: BoundFewShot, unit: Unit, learned: Trained, found: Labelled) -> NDArray[np.float32]:
    """Maps (n, 1 + N, g, g): without prompts, then with those of each pass.

    Args:
        task: the recipe and its store.
        unit: of a method that reads images.
        learned: its prompts.
        found: a few images of a test set, with all of its classes.

    Raises:
        EncoderError: the blocks do not tell their attention.
    """
    encoder = load_encoder(task.card, task.device, task.recipe.cache.compute)
    inputs = cached_inputs(task, found.rows, learned.cut, training=False)
    labels = torch.tensor(found.labels)
    shots = shots_at(inputs, labels, learned.towers, torch.arange(len(labels)))
    return maps_of(task.card.dim, unit.config, learned, shots, class_texts(task, encoder, unit.config, found))


@torch.no_grad()
def maps_of(width: int, config: FewShotOptions, trained: Trained, shots: Any, classes: Any) -> NDArray[np.float32]:
    """Run a learned method once over `Shots` and watch its image tower; (B, 1 + N, g, g).

    Args:
        width: d of the shared space.
        config: the method's options.
        trained: its prompts.
        shots: images.
        classes: the `ClassTexts` to choose from.
    """
    watched = Watched(trained.towers.image)
    towers = replace(trained.towers, image=cast(PromptedImage, watched))
    like = next(trained.learner.parameters())
    learner = cast(Any, type(trained.learner))(config, towers, width, 0).to(like.device, like.dtype)
    learner.load_state_dict(trained.learner.state_dict())
    learner(shots, classes)
    before = trained.towers.image.cls_attention(shots.activations, towers.cut).mean(1)
    maps = torch.stack([before, *watched.maps], dim=1).float().cpu()
    side = math.isqrt(maps.shape[-1])
    return maps.unflatten(-1, (side, side)).numpy()
