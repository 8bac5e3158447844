"""How much memory a step of MOV takes; without torch, so that a recipe can be judged by it.

A token keeps for the backward pass: of a block the inputs of both norms and what they make of them, query, key and value,
attention's output, and the activation's input and output; with QuickGELU a sigmoid, too. What lies below the first learned
tensor keeps nothing. Dims: s tokens of the tower, c their width, T tokens of x, F frames, d width, C classes.
"""

from dataclasses import dataclass

from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.counts import TowerShape, grid, learned_blocks, numbers


@dataclass(frozen=True)
class StepBytes:
    """Bytes of a step.

    Attributes:
        tower: what the tower of flow or sound keeps for the backward pass.
        head: what the head and the losses keep.
        again: what the largest block keeps while it is made again in the backward pass, when the head's are gone; else 0.
        state: what is learned, its gradients, and both moments of AdamW, in float32.
    """

    tower: int
    head: int
    again: int
    state: int

    @property
    def kept(self) -> int:
        """What is there between the two passes."""
        return self.tower + self.head

    @property
    def total(self) -> int:
        """Everything; temporaries of single operations come on top."""
        return self.tower + max(self.head, self.again) + self.state


def step_bytes(options: MovOptions, shape: TowerShape, clips: int, classes: int, itemsize: int = 4) -> StepBytes:
    """Count the bytes of a step of so many clips in memory at a time (`micro_batch`); within 10 % of what real steps keep.

    Args:
        options: of the method.
        shape: of the tower.
        clips: B.
        classes: that are learned.
        itemsize: bytes a number of activations: 4, or 2 in half precision.

    Raises:
        MethodError: the tower has fewer blocks than are to be learned.
    """
    pictures = options.frames if options.other == "flow" else 1
    kept = clips * itemsize
    tower, again = (kept * pictures * each for each in _tower(options, shape))
    head = kept * _head(options, shape, classes) + 2 * itemsize * classes * shape.width  # class vectors of both losses
    return StepBytes(tower, head, again, 16 * sum(numbers(options, shape).values()))


def _tower(options: MovOptions, shape: TowerShape) -> tuple[int, int]:
    """Numbers that one picture keeps, of blocks that are made again their inputs; and those of the largest such block."""
    rows, columns = grid(options, shape)
    tokens, c = 1 + rows * columns, shape.image_width
    every = options.other == "sound" and options.audio_tokens == "patches"
    count = learned_blocks(options, shape)
    last = _block(shape, tokens, tokens if every else 1)
    whole = _block(shape, tokens, tokens)
    if options.recompute:
        blocks, again = count * tokens * c, (whole if count > 1 else last) - tokens * c
    else:
        blocks, again = (count - 1) * whole + last, 0
    embedding = 0
    if options.train_layers == "all":
        channels = 3 if options.other == "flow" else 1  # a spectrogram is the same three times, and kept once
        side = channels * rows * columns * shape.patch**2
        embedding = side + tokens * c + 2 * tokens
    read = tokens if every else 1
    return embedding + blocks + 2 * read * c + 2 * read, again


def _block(shape: TowerShape, tokens: int, read: int) -> int:
    """Numbers that a block keeps of a picture, of whose tokens so many are read behind it."""
    c, activation = shape.image_width, (3 if shape.quick_gelu else 2) * shape.mlp
    seen = tokens * (4 * c + 2)  # input, normed, key, value; mean and deviation
    copied = 0 if read == tokens else c
    return seen + read * (copied + 4 * c + shape.heads + 2 + activation)


def _head(options: MovOptions, shape: TowerShape, classes: int) -> int:
    """Numbers that a clip keeps in the head and in both losses."""
    d, frames = shape.width, options.frames
    heads = options.heads or max(1, d // 64)
    rows, columns = grid(options, shape)
    flow = options.other == "flow"
    tokens = frames if flow else 1 if options.one_key else rows * columns
    mlp = 2 * options.mlp_ratio * d

    def temporal() -> int:
        layer = 7 * d + d + heads + 4 + mlp  # input, normed, q k v, attended; x', normed
        return frames * options.layers * layer

    def reads(queries: int, keys: int) -> int:
        own = 6 * d + heads + 4 + mlp  # input, normed, query, attended, x', normed
        return queries * own + keys * (3 * d + 2)

    total = temporal() + (temporal() if flow else tokens * (d + mlp))
    if options.positions == "learned":
        total += frames * d  # v stays beside v with positions
    if options.fusion == "cross":
        one = frames * (2 * d + 2 + mlp) + 3 * d + 2
        total += one if options.one_key else reads(frames, tokens)
        total += reads(tokens, frames)
    # Both vectors and what they are divided by; logits' logarithms of both losses.
    return total + 2 * (2 * d + classes)
