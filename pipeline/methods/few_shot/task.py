"""What a prompt learner is given, and what it gives back.

Dims: B images, K classes, s tokens of an image at the cut, c width of the image tower, d width of the shared space.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.encoders.prompted.classes import ClassTokens
from pipeline.encoders.prompted.image import PromptedImage
from pipeline.encoders.prompted.text import PromptedText


@dataclass(frozen=True)
class Towers:
    """The frozen encoder, as far as the loop needs it.

    Attributes:
        text: runs every batch.
        image: runs every batch of methods with vision prompts.
        cut: of the image tower, where `Shots.activations` come from.
    """

    text: PromptedText
    image: PromptedImage
    cut: str


@dataclass(frozen=True)
class NoTower:
    """Stands for both towers where a method reads features alone, and the encoder takes no prompts.

    Attributes:
        device: where features are.
        logit_scale: what cosines are multiplied by.
        cuts: of features.
    """

    device: torch.device
    logit_scale: float
    cuts: tuple[str, ...] = ("output",)


@dataclass(frozen=True)
class Shots:
    """Labelled images of a batch.

    Attributes:
        features: (B, d) of the image tower without prompts, not normalised: the x^0 of ProMPT.
        activations: what the image tower left at the cut, one row an image; empty for methods without vision prompts.
        labels: int64 (B,).
    """

    features: Tensor
    activations: Mapping[str, Tensor]
    labels: Tensor


@dataclass(frozen=True)
class ClassTexts:
    """The classes to choose from.

    Attributes:
        features: (K, d) of a hand-written prompt for each, not normalised: the Z^0 of ProMPT.
        tokens: for prompts that are learned.
        names: of the classes, for methods that learn of each class what no text tells.
    """

    features: Tensor
    tokens: ClassTokens
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examples:
    """All labelled images that are learned from, for methods that take them at once.

    Attributes:
        features: (n, V, d) of V views of each, not normalised.
        labels: int64 (n,), numbers of the classes.
    """

    features: Tensor
    labels: Tensor


class PromptLearner(Protocol):
    """A method: an `nn.Module` whose parameters are all that is learned."""

    def __call__(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K) of every iteration that is trained; the last is the prediction."""
        ...


def cosines(images: Tensor, texts: Tensor) -> Tensor:
    """Cosine similarities (B, K) of images (B, d) with texts (K, d), or with texts of each image's own (B, K, d)."""
    images, texts = F.normalize(images, dim=-1), F.normalize(texts, dim=-1)
    return images @ texts.T if texts.ndim == 2 else (texts @ images[:, :, None]).squeeze(-1)
