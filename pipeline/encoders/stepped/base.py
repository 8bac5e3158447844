"""A frozen tower that is run block by block, with prompts inside.

Prompts are further keys and values of a block's attention: what the block would make of them is never computed, because CoPL
throws it away and every block gets prompts of its own.

Dims: n rows, L tokens of a block's map, C its width, p prompts.
"""

from typing import Literal, Protocol

import torch
from torch import Tensor

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.shape import BlockShape, TowerShape

PromptBias = Literal["mean", "zero"]
"""What is added to logits of prompts where tokens have biases by their places in a window: the mean of a head's, or nothing."""


class SteppedTower(Protocol):
    """A frozen tower: in evaluation mode, and no number of it takes a gradient.

    A whole run is `leave(x)` after `x = block(i, between(i, x))` for every block i, on `x = enter(rows)`.

    Attributes:
        shape: its sizes.
        device: where it runs.
    """

    @property
    def shape(self) -> TowerShape:
        """Its sizes."""

    @property
    def device(self) -> torch.device:
        """Where it runs."""

    @property
    def dtype(self) -> torch.dtype:
        """What it computes in."""

    def enter(self, rows: Tensor) -> Tensor:
        """Turn rows into the tokens (n, L, C) that the first block reads.

        Args:
            rows: uint8 (n, h, w, 3) pictures, or float (n, frames, bins) spectrograms, normalised, which a picture's tower sees
                as three equal channels.

        Raises:
            EncoderError: rows have another shape.
        """

    def block(self, index: int, tokens: Tensor, prompts: Tensor | None = None) -> Tensor:
        """Run one block.

        Args:
            index: which.
            tokens: (n, L, C), row by row of its grid; those that `between` makes.
            prompts: (n, p, C), row i's own for row i.

        Returns:
            (n, L, C).

        Raises:
            EncoderError: tokens or prompts have another shape.
        """

    def between(self, index: int, tokens: Tensor) -> Tensor:
        """What happens to what the block before left: patches are merged where a stage begins; else nothing."""

    def leave(self, tokens: Tensor) -> Tensor:
        """The final norm: (n, L, C) -> (n, L, C)."""


def run(tower: SteppedTower, tokens: Tensor, start: int = 0, stop: int | None = None) -> Tensor:
    """Run the blocks from `start` up to, not including, `stop`, without prompts and without the final norm.

    Args:
        tower: which.
        tokens: (n, L, C) as `between(start)` leaves them, if a stage begins there.
        start: the first block.
        stop: the block before which the run ends; None runs them all.
    """
    blocks = range(start, len(tower.shape.blocks) if stop is None else stop)
    for index in blocks:
        tokens = tower.block(index, tokens if index == start else tower.between(index, tokens))
    return tokens


def resume(tower: SteppedTower, tokens: Tensor, cut: str) -> tuple[int, Tensor]:
    """What a run from a cut begins with: the index of its first block, and what that block reads, merged where need be.

    Args:
        tower: which.
        tokens: (n, L, C) as they are stored at the cut.
        cut: "patches", "stageN" or "blockNN".

    Raises:
        EncoderError: no map of tokens lies at this cut.
    """
    start = tower.shape.start(cut)
    merges = cut.startswith("block") and start < len(tower.shape.blocks)
    return start, tower.between(start, tokens) if merges else tokens


def require_shapes(tower: TowerShape, index: int, tokens: Tensor, prompts: Tensor | None) -> BlockShape:
    """The shape of a block, if tokens and prompts are of it.

    Raises:
        EncoderError: they are not.
    """
    block = tower.blocks[index]
    if tokens.dim() != 3 or tokens.shape[1:] != (block.tokens, block.width):
        raise EncoderError(
            f"{tower.name}: block {index} reads tokens (n, {block.tokens}, {block.width}), and was given {tuple(tokens.shape)}"
        )
    if prompts is not None and (prompts.dim() != 3 or len(prompts) != len(tokens) or prompts.shape[2] != block.width):
        raise EncoderError(
            f"{tower.name}: block {index} takes prompts ({len(tokens)}, p, {block.width}), and was given {tuple(prompts.shape)}"
        )
    return block
