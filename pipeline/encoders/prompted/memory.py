"""How much memory the backward pass of prompted class names takes; without torch, so that a recipe can be judged by it.

Dims: c width, h heads, p tokens of the prefix, l tokens of a class.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TextSizes:
    """Sizes of a text tower.

    Attributes:
        layers: blocks.
        width: of a token.
        heads: of attention.
        quick_gelu: whether its activation is OpenAI's, which keeps twice as much.
    """

    layers: int
    width: int
    heads: int
    quick_gelu: bool = False


def kept_bytes(
    sizes: TextSizes, batch: int, prompts: int, lengths: Sequence[int], chunk: int | None = None, itemsize: int = 4
) -> int:
    """Count the bytes that one call of `PromptedText` keeps for its backward pass; weights are not among them.

    Measured peaks, temporaries included, are up to 6 % higher; 18 % with one image, where more views keep what they are of.

    A token keeps in every block the inputs of both norms, its query twice (for the prefix, for its class), key, value,
    and what the activation needs: its input, with QuickGELU a sigmoid, too. Weights of attention stand twice. The last
    block has keys and values of all tokens and the rest of the end tokens only. Of chunks, one is there at a time.

    Args:
        sizes: of the tower.
        batch: images.
        prompts: prompts an image.
        lengths: tokens of each class: name, full stop, end.
        chunk: classes at a time, as given to the call.
        itemsize: bytes a number.
    """
    prefix = 1 + prompts
    ranked = sorted(lengths)
    step = chunk or len(ranked)
    parts = [ranked[first : first + step] for first in range(0, len(ranked), step)]
    numbers = (sizes.layers - 1) * prefix * _token(sizes, 0) + max(_endings(sizes, prefix, part) for part in parts)
    return batch * numbers * itemsize


def _endings(sizes: TextSizes, prefix: int, lengths: Sequence[int]) -> int:
    blocks = sum(length * _token(sizes, prefix + length) for length in lengths) * (sizes.layers - 1)
    return blocks + 3 * sizes.width * sum(lengths) + len(lengths) * _token(sizes, prefix)


def _token(sizes: TextSizes, seen: int) -> int:
    """Numbers that a token keeps in a block if its attention has `seen` weights a head."""
    activation = 8 if sizes.quick_gelu else 4
    return (6 + activation) * sizes.width + 2 * sizes.heads * seen
