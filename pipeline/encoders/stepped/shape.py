"""Sizes of towers that are run block by block, and what they cost: free of torch.

Dims: L tokens of a map, C its width, p prompts. A MAC is one multiplication and one addition.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

from pipeline.encoders.errors import EncoderError

Kind = Literal["swin-v2", "hts-at", "vit"]

CPB_WIDTH = 512
"""Hidden width of the network that makes Swin-V2's position biases."""


@dataclass(frozen=True)
class BlockShape:
    """One block.

    Attributes:
        stage: which it belongs to; papers count from 1, and so does this: the cut before stage 2 is `stage2`.
        width: C.
        heads: of its attention.
        grid: rows and columns of the map it reads.
        window: rows and columns that attend to each other; the grid itself where there is one window.
        shift: rows and columns by which the windows are moved.
        extra: tokens before those of the grid: the class token of a ViT.
    """

    stage: int
    width: int
    heads: int
    grid: tuple[int, int]
    window: tuple[int, int]
    shift: tuple[int, int] = (0, 0)
    extra: int = 0

    @property
    def tokens(self) -> int:
        """L of the map it reads, and of the one it makes."""
        return prod(self.grid) + self.extra

    @property
    def windows(self) -> int:
        """How many a map is cut into."""
        return prod(self.grid) // prod(self.window)

    def keys(self, prompts: int = 0) -> int:
        """Keys that one query meets: the prompts and the tokens of its window."""
        return prompts + prod(self.window) + self.extra

    def macs(self, mlp_ratio: float, prompts: int = 0) -> int:
        """Of one row forward. A prompt costs its key and its value once a row, and each query one key more."""
        tokens = self.tokens * round((4 + 2 * mlp_ratio) * self.width**2)
        return tokens + prompts * 2 * self.width**2 + 2 * self.tokens * self.keys(prompts) * self.width


@dataclass(frozen=True)
class TowerShape:
    """A whole tower.

    Attributes:
        name: for people.
        kind: which family its blocks are of.
        blocks: first to last.
        input: of one row: (height, width, 3) of a picture, (frames, bins) of a spectrogram. A Swin-V2 or ViT takes both, the
            spectrogram as (height, width).
        patch: side of a patch, pixels.
        mlp_ratio: width inside a block's MLP / C.
    """

    name: str
    kind: Kind
    blocks: tuple[BlockShape, ...]
    input: tuple[int, ...]
    patch: int
    mlp_ratio: float = 4.0

    @property
    def width(self) -> int:
        """C of the last block."""
        return self.blocks[-1].width

    @property
    def tokens(self) -> int:
        """L of the last block."""
        return self.blocks[-1].tokens

    @property
    def stages(self) -> int:
        """How many there are."""
        return self.blocks[-1].stage

    @property
    def starts(self) -> tuple[int, ...]:
        """Index of the first block of each stage."""
        numbers = [block.stage for block in self.blocks]
        return tuple(numbers.index(stage) for stage in range(1, self.stages + 1))

    @property
    def cuts(self) -> tuple[str, ...]:
        """Names of the places where it can be cut, lowest first.

        `pixels` are its inputs, `patches` what the first block reads, `blockNN` what block NN leaves, and `stage2`, `stage3`,
        ... what the first block of a stage reads, after patch merging. `output` is the mean of the last map's tokens.
        """
        named = []
        for index in range(len(self.blocks)):
            if index in self.starts:
                named.append("patches" if index == 0 else f"stage{self.blocks[index].stage}")
            named.append(f"block{index:02d}")
        return ("pixels", *named, "output")

    def start(self, cut: str) -> int:
        """The block with which a run from a cut begins: as many as there are blocks behind the last one.

        Raises:
            EncoderError: no map of tokens lies at this cut.
        """
        if cut == "patches":
            return 0
        places = {f"stage{self.blocks[index].stage}": index for index in self.starts[1:]}
        places |= {f"block{index:02d}": index + 1 for index in range(len(self.blocks))}
        if cut not in places:
            raise EncoderError(
                f"{self.name}: no block begins at the cut {cut!r}; type one of {', '.join(self.cuts[1:-1])}"
            )
        return places[cut]

    def map_at(self, cut: str) -> tuple[int, int]:
        """(L, C) of what is stored at a cut: of `blockNN` before patch merging.

        Raises:
            EncoderError: no map of tokens lies at this cut.
        """
        start = self.start(cut)
        block = self.blocks[start - 1] if cut.startswith("block") else self.blocks[start]
        return block.tokens, block.width

    def macs(self, prompts: Sequence[int] = (), start: int = 0) -> int:
        """MACs of one row forward.

        Args:
            prompts: of each block; none where it is empty.
            start: the block with which the run begins; before block 0 the patches are embedded, before a stage merged.

        Raises:
            EncoderError: there are not as many numbers of prompts as blocks.
        """
        if prompts and len(prompts) != len(self.blocks):
            raise EncoderError(
                f"{self.name}: {len(prompts)} numbers of prompts are given for {len(self.blocks)} blocks"
            )
        counts = tuple(prompts) or (0,) * len(self.blocks)
        blocks = zip(self.blocks[start:], counts[start:], strict=True)
        macs = sum(block.macs(self.mlp_ratio, count) for block, count in blocks)
        if start == 0:
            macs += prod(self.blocks[0].grid) * self.blocks[0].width * self.channels * self.patch**2
        merged = [self.blocks[index] for index in self.starts[1:] if index >= max(start, 1)]
        return macs + sum(block.tokens * 2 * block.width**2 for block in merged)

    @property
    def channels(self) -> int:
        """Of what is cut into patches."""
        return 1 if self.kind == "hts-at" else 3

    def parameters(self) -> int:
        """Numbers of the tower, without a classifier."""
        return _COUNTS[self.kind](self)


def _swin(shape: TowerShape) -> int:
    first, last = shape.blocks[0].width, shape.width
    # The key has no bias; each head has a scale; the position network has 2 inputs and no bias at its end.
    inside = (_block(b, shape) - b.width + b.heads + CPB_WIDTH * (3 + b.heads) for b in shape.blocks)
    merging = (2 * c**2 + 2 * c for c in (shape.blocks[index].width for index in shape.starts[1:]))
    return _patches(shape) + 2 * first + sum(inside) + sum(merging) + 2 * last


def _hts_at(shape: TowerShape) -> int:
    first, last, bins = shape.blocks[0].width, shape.width, shape.input[1]
    tables = ((2 * b.window[0] - 1) * (2 * b.window[1] - 1) * b.heads for b in shape.blocks)
    merging = (2 * c**2 + 4 * c for c in (shape.blocks[index].width for index in shape.starts[1:]))
    inside = (_block(b, shape) for b in shape.blocks)
    return 2 * bins + _patches(shape) + 2 * first + sum(inside) + sum(tables) + sum(merging) + 2 * last


def _vit(shape: TowerShape) -> int:
    first = shape.blocks[0]
    positions = (first.extra + first.tokens) * first.width
    return _patches(shape) + positions + sum(_block(b, shape) for b in shape.blocks) + 2 * first.width


def _patches(shape: TowerShape) -> int:
    return (shape.channels * shape.patch**2 + 1) * shape.blocks[0].width


def _block(block: BlockShape, shape: TowerShape) -> int:
    """Four matrices of the attention and two of the MLP with their biases, and two norms."""
    c, inside = block.width, round(shape.mlp_ratio * block.width)
    return 4 * c**2 + 4 * c + 2 * inside * c + inside + c + 4 * c


_COUNTS = {"swin-v2": _swin, "hts-at": _hts_at, "vit": _vit}
