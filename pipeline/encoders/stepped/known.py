"""Towers of known sizes, and how the numbers of a configuration become blocks: free of torch."""

from collections.abc import Sequence

from pipeline.encoders.errors import EncoderError
from pipeline.encoders.stepped.shape import BlockShape, Kind, TowerShape

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of pixels from 0 to 1; with these Swin-V2 was trained."""


def swin_v2(
    name: str, size: int, patch: int, width: int, depths: Sequence[int], heads: Sequence[int], window: int,
    mlp_ratio: float = 4.0,
) -> TowerShape:  # fmt: skip
    """A Swin-V2 of square pictures.

    Raises:
        EncoderError: a map cannot be cut into whole windows, or halved.
    """
    blocks = _pyramid(name, size // patch, width, depths, heads, window)
    return TowerShape(name, "swin-v2", blocks, (size, size, 3), patch, mlp_ratio)


def hts_at(
    name: str, frames: int, bins: int, size: int, patch: int, width: int, depths: Sequence[int], heads: Sequence[int],
    window: int, mlp_ratio: float = 4.0,
) -> TowerShape:  # fmt: skip
    """An HTS-AT, which folds a spectrogram of up to (size x size / bins) frames into a square picture.

    Raises:
        EncoderError: a map cannot be cut into whole windows, or halved.
    """
    blocks = _pyramid(name, size // patch, width, depths, heads, window)
    small = next((block for block in blocks if block.window[0] < window), None)
    if small is not None:  # the table of biases is always that of a whole window
        raise EncoderError(
            f"{name}: the map of stage {small.stage} has {small.grid[0]} x {small.grid[1]} tokens, which is less than a window "
            f"of {window}. Take a smaller window, larger spectrograms, or fewer stages"
        )
    return TowerShape(name, "hts-at", blocks, (frames, bins), patch, mlp_ratio)


def vit(name: str, size: int, patch: int, width: int, depth: int, heads: int, mlp_ratio: float = 4.0) -> TowerShape:
    """A ViT of square pictures with a class token: one stage."""
    grid = (size // patch, size // patch)
    block = BlockShape(1, width, heads, grid, grid, extra=1)
    kind: Kind = "vit"
    return TowerShape(name, kind, (block,) * depth, (size, size, 3), patch, mlp_ratio)


def _pyramid(
    name: str, side: int, width: int, depths: Sequence[int], heads: Sequence[int], window: int
) -> tuple[BlockShape, ...]:
    blocks: list[BlockShape] = []
    for stage, (depth, count) in enumerate(zip(depths, heads, strict=True), start=1):
        whole = min(side, window)  # a map no larger than a window is one, and is not shifted
        if side % whole or (stage < len(depths) and side % 2):
            raise EncoderError(
                f"{name}: the map of stage {stage} has {side} x {side} tokens, which are not cut into whole windows of {whole} "
                "and halved. Take another size of pictures, or the window that the weights were trained with"
            )
        for index in range(depth):
            shift = window // 2 if index % 2 and side > window else 0
            blocks.append(BlockShape(stage, width, count, (side, side), (whole, whole), (shift, shift)))
        side, width = side // 2, width * 2
    return tuple(blocks)


SWIN_V2_LARGE_192 = swin_v2("swin-v2-large-192", 192, 4, 192, (2, 2, 18, 2), (6, 12, 24, 48), window=12)
HTS_AT = hts_at("hts-at", 1001, 64, 256, 4, 96, (2, 2, 6, 2), (4, 8, 16, 32), window=8)
VIT_LARGE_16 = vit("vit-l16", 224, 16, 1024, depth=24, heads=16)

MINIATURE_SWIN = swin_v2("miniature-swin", 64, 4, 24, (2, 2, 2, 2), (2, 2, 4, 4), window=4)
MINIATURE_HTS_AT = hts_at("miniature-hts-at", 128, 32, 64, 4, 16, (2, 2, 2, 2), (2, 2, 4, 4), window=2)
"""Its windows have 2 tokens a side, as its last map has: transformers' layers know no map that is smaller than a window."""
