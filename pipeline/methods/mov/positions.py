"""CLIP's position vectors for a picture of another shape: those of a square for 8 x 50 patches of a spectrogram.

Dims: r x q patches of CLIP's pictures, c width of a token.
"""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor


def resized(positions: Tensor, old: tuple[int, int], new: tuple[int, int], how: Literal["bilinear", "ast"]) -> Tensor:
    """Resize position vectors; the class token keeps its own.

    Args:
        positions: (1 + r q, c), the class token first, then row by row.
        old: r, q.
        new: rows, columns.
        how: `bilinear` interpolates both sides. `ast` does as AST's code: a side that shrinks is cut to its middle, one that
            grows is interpolated.

    Returns:
        (1 + rows * columns, c).
    """
    if old == new:
        return positions
    field = positions[1:].unflatten(0, old).movedim(-1, 0)[None]
    if how == "ast":
        field = _middle(_middle(field, 2, new[0]), 3, new[1])
    field = F.interpolate(field, size=new, mode="bilinear", align_corners=False)
    return torch.cat([positions[:1], field[0].movedim(0, -1).flatten(0, 1)])


def _middle(field: Tensor, side: int, wanted: int) -> Tensor:
    """Cut a side to its middle, as far as it is longer than wanted."""
    have = field.shape[side]
    return field.narrow(side, have // 2 - wanted // 2, wanted) if wanted < have else field
