"""How many numbers MOV learns, and from which cut of its tower on; by formula, free of torch.

At ViT-B/16: flow 18,916,352 of heads + 86,192,640 of h_f = 105,108,992; sound 14,711,296 + 86,349,312 = 101,060,608. The paper
states no counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.methods.base import MethodError
from pipeline.methods.mov.config import ClipAdapterOptions, MovOptions, VideoCoOpOptions


@dataclass(frozen=True)
class TowerShape:
    """Sizes of CLIP's image tower and of the shared space.

    Attributes:
        width: d of the shared space.
        image_width: c of the tower's tokens.
        blocks: of the tower.
        heads: of its attention.
        patch: side of a patch, pixels.
        side: of a picture, pixels.
        mlp: hidden numbers of a block's MLP.
        quick_gelu: whether its activation is OpenAI's, which keeps half as much again for the backward pass.
        text_width: of the text tower's tokens.
    """

    width: int
    image_width: int
    blocks: int
    heads: int
    patch: int
    side: int
    mlp: int
    quick_gelu: bool = False
    text_width: int = 512

    @classmethod
    def of_clip(cls, sizes: Mapping[str, Any], quick_gelu: bool | None = None) -> "TowerShape":
        """Read the sizes as open_clip names them (`pipeline.encoders.cards.clip.clip_sizes`)."""
        vision, text = sizes["vision_cfg"], sizes["text_cfg"]
        width = int(vision["width"])
        activation = sizes.get("quick_gelu", False) if quick_gelu is None else quick_gelu
        return cls(
            int(sizes["embed_dim"]), width, int(vision["layers"]), width // int(vision.get("head_width", 64)),
            int(vision["patch_size"]), int(vision["image_size"]), int(width * vision.get("mlp_ratio", 4.0)),
            bool(activation), int(text["width"]),
        )  # fmt: skip

    @property
    def cuts(self) -> tuple[str, ...]:
        """Cuts of the tower, lowest first."""
        return ("pixels", "patches", *(f"block{number:02}" for number in range(self.blocks)), "output")


def grid(options: MovOptions, shape: TowerShape) -> tuple[int, int]:
    """Rows and columns of patches of what h_f or h_a reads; a spectrogram's rows are mel bins, its columns time."""
    if options.other == "flow":
        return (shape.side // shape.patch,) * 2
    return options.sound_bins // shape.patch, options.sound_frames // shape.patch


def learned_blocks(options: MovOptions, shape: TowerShape) -> int:
    """Blocks of h_f or h_a that are learned.

    Raises:
        MethodError: the tower has fewer.
    """
    asked = shape.blocks if options.train_layers == "all" else options.train_layers
    if asked > shape.blocks:
        raise MethodError(
            f"mov: train_layers is {asked}; this image tower has {shape.blocks} blocks. Write train_layers: all, or "
            f"{shape.blocks} or less"
        )
    return asked


def first_learned(options: MovOptions, shape: TowerShape) -> str:
    """The cut at which the first learned tensor enters h_f or h_a: below it, work is done once and stored.

    Raises:
        MethodError: the tower has fewer blocks than are to be learned.
    """
    if options.train_layers == "all":
        return "pixels"
    return shape.cuts[shape.blocks - learned_blocks(options, shape) + 1]


def numbers(options: MovOptions, shape: TowerShape) -> dict[str, int]:
    """How many numbers are learned, by part; a part that does not exist is left out.

    Raises:
        MethodError: the tower has fewer blocks than are to be learned.
    """
    d = shape.width
    hidden = options.mlp_ratio * d
    attention, norm, mlp = 4 * (d * d + d), 2 * d, _mlp(d, hidden)
    times = options.frames * d if options.positions == "learned" else 0
    temporal = options.layers * (attention + 2 * norm + mlp) + times
    cross = attention + 3 * norm + mlp
    dead = 2 * (d * d + d) + norm  # W_q, W_k and LN_q, where there is one key
    fused = options.fusion == "cross"
    parts = {
        "phi_v": temporal,
        "phi_f": temporal if options.other == "flow" else 0,
        "audio mlp": mlp if options.other == "sound" else 0,
        "video reads other": (cross - dead if options.one_key else cross) if fused else 0,
        "other reads video": cross if fused else 0,
        "tower": _tower(options, shape),
    }
    return {name: count for name, count in parts.items() if count}


def count(options: MovOptions | VideoCoOpOptions | ClipAdapterOptions, shape: TowerShape) -> int:
    """How many numbers a method learns."""
    if isinstance(options, MovOptions):
        return sum(numbers(options, shape).values())
    if isinstance(options, VideoCoOpOptions):
        return options.text_prompts * shape.text_width
    sides = bool(options.video_ratio) + bool(options.text_ratio)
    return sides * 2 * shape.width * (shape.width // options.reduction)


def _tower(options: MovOptions, shape: TowerShape) -> int:
    c = shape.image_width
    block = 4 * (c * c + c) + 2 * 2 * c + _mlp(c, shape.mlp)
    blocks = learned_blocks(options, shape) * block + 2 * c + c * shape.width
    if options.train_layers != "all":
        return blocks
    rows, columns = grid(options, shape)
    embedding = 3 * shape.patch**2 * c + c + (1 + rows * columns) * c + 2 * c
    return blocks + embedding


def _mlp(width: int, hidden: int) -> int:
    return width * hidden + hidden + hidden * width + width
