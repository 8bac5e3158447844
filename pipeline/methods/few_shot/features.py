"""Learners that read the features of images and of class names, and run no tower.

Dims: n labelled images, V views of each, B images of a batch, K classes, d width of the shared space.
"""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots, Towers


class FeatureLearner(nn.Module):
    """A method whose tensors are as large as what it learns from: they are made of all examples at once, or read back.

    A method that is stepped makes its parameters in `begin`; one that is solved fills its buffers in `solve`.

    Attributes:
        config: its options.
        scale: what cosines are multiplied by, 1 / tau of the encoder.
        seed: of what is drawn.
        names: of the classes that were learned, in the order of its rows.
    """

    def __init__(self, config: Any, towers: Towers, width: int, seed: int):
        """Hold nothing yet."""
        super().__init__()
        self.config, self.scale, self.seed = config, float(towers.text.logit_scale), seed
        self.names: tuple[str, ...] = ()

    def begin(self, examples: Examples, classes: ClassTexts) -> None:
        """Make the parameters as they are before the first step."""

    def solve(self, examples: Examples, classes: ClassTexts) -> dict[str, str]:
        """Fill the buffers; returns what was decided on the way, for the checkpoint's notes."""
        raise NotImplementedError

    def penalty(self) -> Tensor | None:
        """What the loss has besides the cross entropy of the batch."""
        return None

    def forward(self, shots: Shots, classes: ClassTexts) -> list[Tensor]:
        """Logits (B, K)."""
        raise NotImplementedError

    def load_state_dict(self, state_dict: Mapping[str, Tensor], strict: bool = True, assign: bool = False) -> Any:
        """Read tensors back, whatever their size."""
        for name in state_dict.keys() - self._parameters.keys() - self._buffers.keys():
            self.register_buffer(name, torch.empty_like(state_dict[name]))
        return super().load_state_dict(state_dict, strict, assign)

    def rows_of(self, classes: ClassTexts) -> Tensor | None:
        """The row (K,) of each class among those that were learned; None where none of them was.

        A mixture is not asked of a method that cannot tell what it says of both apart (`pipeline.methods.base.why_not`).
        """
        learned = self.columns_of(classes)
        if not learned:
            return None
        assert len(learned) == len(classes.names), "the task asks `why_not` first"
        return torch.tensor(list(learned.values()), device=classes.features.device)

    def columns_of(self, classes: ClassTexts) -> dict[int, int]:
        """Number of a class to choose -> its row among those that were learned; without those that were not."""
        known = {name: row for row, name in enumerate(self.names)}
        return {column: known[name] for column, name in enumerate(classes.names) if name in known}


def unit(features: Tensor) -> Tensor:
    """Rows of length one."""
    return F.normalize(features, dim=-1)
