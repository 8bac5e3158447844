"""Numbers that one block of a tower keeps for the backward pass of one row; without torch.

Swin-V2's norms come behind attention and MLP, those of HTS-AT and ViT before them. Dims: L tokens, C width, p prompts.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import BlockShape, TowerShape


def block_numbers(shape: "TowerShape", block: "BlockShape", prompts: int, learns: bool) -> int:
    """What one block keeps.

    These are queries, keys and values, keys and values with the prompts of every window, attention's output, the inputs of both
    norms and of the activation. Swin-V2 normalises queries and keys, and keeps what they were and their norms.

    Args:
        shape: of the tower.
        block: of the block.
        prompts: p.
        learns: whether a gradient reaches its tokens, or its prompts only.
    """
    tokens, width, heads = block.tokens, block.width, block.heads
    joined = 2 * (tokens + block.windows * prompts) * width if prompts or shape.kind == "swin-v2" else 0
    rest = tokens * (width * (1 + 2 + shape.mlp_ratio) + 4 + heads)  # attention's output, norms, activation
    if shape.kind == "swin-v2":
        apart = tokens * width  # queries
        before = learns * tokens * (3 * width + 4 * heads) + prompts * (2 * width + 2 * heads)
    else:
        apart = tokens * width * (3 if shape.kind == "vit" or not joined else 1)
        before = prompts * (width + 2) - (not learns) * tokens * (width + 2)
    return round(joined + rest + apart + before)


def passing_numbers(shape: "TowerShape", block: "BlockShape", prompts: int) -> int:
    """What passes at once: the gradients around the activation; or, when the MLP's inputs are gone, those around attention."""
    size, first = block.tokens * block.width, shape.kind != "swin-v2"  # whether norms come first
    inside = size * (2 * shape.mlp_ratio + first)
    around = 2 * (size + block.windows * prompts * block.width) + 2 * size - size * (2 + shape.mlp_ratio)
    return round(max(inside, around))


def merging_numbers(shape: "TowerShape", block: "BlockShape") -> int:
    """The norm's input where patches are merged: HTS-AT's norm comes before the map, on twice the width."""
    return block.tokens * ((1 if shape.kind == "swin-v2" else 2) * block.width + 2)
