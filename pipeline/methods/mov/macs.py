"""How many multiplications MOV's towers take, by formula, free of torch. Heads are thousandths of it and are left out.

At ViT-B/16 a frame takes 17.56 GMAC, a spectrogram of 401 tokens 37.26. Dims: n tokens, c width.
"""

from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.counts import TowerShape, grid, learned_blocks


def block_macs(shape: TowerShape, tokens: int) -> int:
    """One block for all tokens of a picture: projections and MLP, and attention."""
    c = shape.image_width
    return tokens * (4 * c * c + 2 * c * shape.mlp) + 2 * tokens * tokens * c


def picture_macs(shape: TowerShape, tokens: int) -> int:
    """The whole tower for a picture."""
    return _patches(shape, tokens) + shape.blocks * block_macs(shape, tokens)


def frame_macs(shape: TowerShape) -> int:
    """CLIP's tower for a frame."""
    return picture_macs(shape, 1 + (shape.side // shape.patch) ** 2)


def step_macs(options: MovOptions, shape: TowerShape, late: bool = False) -> int:
    """A step for one clip: what is learned forwards and twice as much backwards, what lies below it forwards.

    Args:
        options: of the method.
        shape: of the tower.
        late: whether it is read from where learning begins, so that nothing below is run.
    """
    rows, columns = grid(options, shape)
    tokens, pictures = 1 + rows * columns, options.frames if options.other == "flow" else 1
    count = learned_blocks(options, shape)
    learned, whole = count * block_macs(shape, tokens), picture_macs(shape, tokens)
    if options.train_layers == "all":
        return pictures * 3 * whole
    return pictures * (3 * learned + (0 if late else whole - learned))


def _patches(shape: TowerShape, tokens: int) -> int:
    return (tokens - 1) * 3 * shape.patch**2 * shape.image_width
