"""How much memory the backward pass of prompted towers takes; without torch, so that a recipe can be judged by it.

Weights are not among the counts. Dims: c width, h heads, p tokens of the text's prefix, l tokens of a class.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TowerSizes:
    """Sizes of a tower.

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
    sizes: TowerSizes, batch: int, prompts: int, lengths: Sequence[int], chunk: int | None = None, itemsize: int = 4
) -> int:
    """Count the bytes that one call of `PromptedText` keeps for its backward pass.

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
    return batch * itemsize * (_prefix(sizes, prompts) + _endings(sizes, prompts, lengths, chunk))


def image_kept_bytes(sizes: TowerSizes, batch: int, tokens: int, prompts: int, depth: int, itemsize: int = 4) -> int:
    """Count the bytes that `PromptedImage.upper` keeps for its backward pass, from the first block on.

    Of every token a block keeps the input, key and value; of those that are read of it also query, attention's output, the
    second norm's input and what the activation needs. Prompts that the next block replaces are not read, and of the last
    block the class token alone is.

    Args:
        sizes: of the tower.
        batch: images.
        tokens: class token and patches.
        prompts: prompts a layer.
        depth: blocks that get prompts of their own; 1 at least.
        itemsize: bytes a number.
    """
    seen = tokens + prompts
    read = (depth - 1) * tokens + (sizes.layers - depth) * seen + 1
    own = (3 + _activation(sizes)) * sizes.width + sizes.heads
    return batch * itemsize * (3 * sizes.width * sizes.layers * seen + own * read)


@dataclass(frozen=True)
class StepSizes:
    """What a training step of ProMPT runs; a, J, b, N are the paper's letters.

    Attributes:
        text: the text tower.
        image: the image tower.
        image_tokens: class token and patches.
        vision_prompts: a.
        depth: J.
        text_prompts: b.
        iterations: N.
    """

    text: TowerSizes
    image: TowerSizes
    image_tokens: int = 197
    vision_prompts: int = 8
    depth: int = 9
    text_prompts: int = 5
    iterations: int = 2


def step_bytes(
    sizes: StepSizes, batch: int, lengths: Sequence[int], chunk: int | None = None, itemsize: int = 4
) -> int:
    """Count the bytes that a training step keeps: all iterations' images and texts; with chunks one chunk of all texts.

    Args:
        sizes: of the step.
        batch: images.
        lengths: tokens of each class: name, full stop, end.
        chunk: classes at a time.
        itemsize: bytes a number.
    """
    images = image_kept_bytes(sizes.image, batch, sizes.image_tokens, sizes.vision_prompts, sizes.depth, itemsize)
    prefix = batch * itemsize * _prefix(sizes.text, sizes.text_prompts)
    endings = batch * itemsize * _endings(sizes.text, sizes.text_prompts, lengths, chunk)
    return sizes.iterations * (images + prefix) + (sizes.iterations if chunk is None else 1) * endings


def _prefix(sizes: TowerSizes, prompts: int) -> int:
    return (sizes.layers - 1) * (1 + prompts) * _token(sizes, 0)


def _endings(sizes: TowerSizes, prompts: int, lengths: Sequence[int], chunk: int | None) -> int:
    """Numbers that the endings keep; of chunks, those of the greatest."""
    ranked = sorted(lengths)
    step = chunk or len(ranked)
    return max(_chunk(sizes, 1 + prompts, ranked[first : first + step]) for first in range(0, len(ranked), step))


def _chunk(sizes: TowerSizes, prefix: int, lengths: Sequence[int]) -> int:
    blocks = sum(length * _token(sizes, prefix + length) for length in lengths) * (sizes.layers - 1)
    return blocks + 3 * sizes.width * sum(lengths) + len(lengths) * _token(sizes, prefix)


def _token(sizes: TowerSizes, seen: int) -> int:
    """Numbers that a token keeps in a block if its attention has `seen` weights a head."""
    return (6 + _activation(sizes)) * sizes.width + 2 * sizes.heads * seen


def _activation(sizes: TowerSizes) -> int:
    """What a token's activation keeps, in widths."""
    return 8 if sizes.quick_gelu else 4
