"""What the training loop knows of a pair of towers, and the pool of scenes that they learn from.

Dims: b batch, k classes, d shared space.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.random import Generator
from torch import Tensor, nn

from pipeline.telemetry.progress import Progress


@dataclass(frozen=True)
class Example:
    """One rendered scene: what the encoder sees, what the supervised head is told, and the scene for captions."""

    media: np.ndarray
    dense: np.ndarray
    labels: tuple[str, ...]
    scene: Any


class Trainee(Protocol):
    """A pair of towers under training, with the heads that are dropped afterwards."""

    name: str
    modality: str
    module: nn.Module
    classes: tuple[str, ...]
    judged: tuple[str, ...]
    templates: tuple[str, ...]

    def sample(self, rng: Generator, judged: bool, ease: float = 0.0) -> Any:
        """Decides on a scene: a `judged` one as the evaluation media are, `ease` 0 to 1 makes it simpler."""

    def render(self, scene: Any, rng: Generator) -> Example:
        """Renders a scene."""

    def caption(self, scene: Any, rng: Generator) -> tuple[str, tuple[str, ...]]:
        """Writes a sentence about a scene and names the classes in it."""

    def embed_media(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        """Embeddings (b, d), not normalised, and the dense head's loss (a scalar)."""

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """Embeddings (b, d), not normalised."""

    def class_logits(self, embeddings: Tensor) -> Tensor:
        """The supervised head's scores (b, k) of embeddings (b, d)."""

    def scale(self) -> Tensor:
        """The contrastive loss's logit scale."""

    def save(self, folder: Path) -> None:
        """Writes the towers, without the heads, in the final layout."""


class ExamplePool:
    """Rendered scenes that are drawn again and slowly replaced, since drawing costs as much as learning."""

    def __init__(self, make: Callable[[Generator, float], Example], size: int, rng: Generator, progress: Progress):
        """Renders the first `size` scenes."""
        self._make, self._rng, self._next = make, rng, 0
        self._items: list[Example] = []
        with progress.task("draw the first scenes", total=size, unit="scene") as task:
            for _ in range(size):
                self._items.append(make(rng, 1.0))
                task.advance()

    def batch(self, count: int, fresh: int, ease: float) -> list[Example]:
        """Draws `count` scenes after replacing the `fresh` oldest by new ones of some `ease`."""
        for _ in range(fresh):
            self._items[self._next] = self._make(self._rng, ease)
            self._next = (self._next + 1) % len(self._items)
        return [self._items[int(i)] for i in self._rng.integers(len(self._items), size=count)]
