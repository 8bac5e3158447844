"""What the head of masks costs by formula: numbers learned, and multiplications of a second; free of torch.

Dims: C width of a tower's stage, c of a level before its convolutions, W channels, A width of a sound, s side of a level, S of a
mask. Used numbers only: AVSBench's joining of the smallest level holds a residual that nothing passes, and TPAVI's last map a
bias that BatchNorm takes away; ours has neither.
"""

from typing import TYPE_CHECKING

from pipeline.methods.copl.macs import step_macs
from pipeline.methods.copl.masks.config import LEVELS, MasksHeadOptions, MasksOptions
from pipeline.methods.copl.masks.pyramid import ends, stages_read

if TYPE_CHECKING:
    from pipeline.encoders.stepped.shape import BlockShape, TowerShape


def head_numbers(options: MasksOptions, visual: "TowerShape", audio: "TowerShape") -> dict[str, int]:
    """Part of the head -> how many numbers it learns; 19,987,777 in all with Swin-V2-L on both sides and the defaults.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
    """
    head, width = options.head, options.head.width
    levels = sum(
        (block.width + 1) * into + len(head.dilations) * _convolution(into, width)
        for block, into in zip(level_blocks(options, visual), head.level_widths, strict=True)
    )
    parts = {
        "levels": levels,
        "sounds": (audio.width + 1) * head.audio_width if head.tpavi else 0,
        "tpavi": len(head.tpavi) * tpavi_numbers(width, head.audio_width),
        "joining": (2 * LEVELS - 1) * 2 * _convolution(width, width),
        "answer": _convolution(width, width // 2) + _convolution(width // 2, width // 8) + width // 8 + 1,
    }
    return {name: count for name, count in parts.items() if count}


def tpavi_numbers(width: int, audio: int) -> int:
    """Of one TPAVI: the sound's map, theta, phi, g, the map back, and both norms."""
    inside = width // 2
    return (audio + 1) * width + 3 * (width + 1) * inside + inside * width + 4 * width


def head_macs(options: MasksOptions, visual: "TowerShape", audio: "TowerShape") -> int:
    """MACs of one second forward. Resizing is not counted: it has weights of places, none of channels.

    Args:
        options: of the method.
        visual: sizes of the visual tower.
        audio: of the audio tower.
    """
    head, width = options.head, options.head.width
    macs = audio.width * head.audio_width if head.tpavi else 0
    for level, (block, into, side) in enumerate(
        zip(level_blocks(options, visual), head.level_widths, head.sides, strict=True)
    ):
        places = side**2
        macs += (block.tokens - block.extra) * block.width * into
        macs += len(head.dilations) * places * 9 * into * width
        macs += (2 if level < LEVELS - 1 else 1) * places * 2 * 9 * width**2
        macs += _tpavi(head, places) if level in head.tpavi else 0
    half, whole = (head.size // 2) ** 2, head.size**2
    return macs + half * 9 * width * (width // 2) + whole * (9 * (width // 2) * (width // 8) + width // 8)


def mask_step_macs(options: MasksOptions, visual: "TowerShape", audio: "TowerShape", segments: int) -> int:
    """MACs of one second in a training step, the head's among them: what is learned costs three times its forward pass."""
    return step_macs(options, visual, audio, segments) + 3 * head_macs(options, visual, audio)


def level_blocks(options: MasksOptions, visual: "TowerShape") -> "tuple[BlockShape, ...]":
    """Of every level the block that leaves its map."""
    return tuple(visual.blocks[ends(visual)[stage]] for stage in stages_read(options, visual))


def _tpavi(head: MasksHeadOptions, places: int) -> int:
    width, inside = head.width, head.width // 2
    of_a_second = head.audio_width * width + 2 * width * inside + inside**2
    return of_a_second + places * (2 * width * inside + inside**2)


def _convolution(into: int, out: int) -> int:
    """3 x 3, with biases."""
    return (9 * into + 1) * out
