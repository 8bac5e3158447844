"""CLIP's image tower as it reads optical flow or a spectrogram, frozen: what lies below a cut, and what h_f and h_a start from.

Dims: b pictures, s tokens (class token and patches), c width, d output.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from open_clip.transformer import ResidualAttentionBlock, VisionTransformer
from torch import Tensor, nn

from pipeline.encoders.prompted.blocks import Block, run_for
from pipeline.encoders.tower import Activations, StagedTower
from pipeline.methods.base import MethodError
from pipeline.methods.mov.config import MovOptions
from pipeline.methods.mov.positions import resized

Prepare = Callable[[Tensor], Tensor]
NO_MOTION = 127.5


@dataclass(frozen=True)
class FrozenTower:
    """An image tower that reads the other modality; every tensor is CLIP's.

    Attributes:
        staged: with cuts pixels, patches, block00, ..., output, for what is stored. Its inputs are flow, uint8 (b, h, w, 2), or
            spectrograms (b, frames, bins), normalised. Its output is (b, d), of all patches (b, s-1, d).
        visual: open_clip's module.
        prepare: makes pictures (b, 3, rows, columns) of inputs.
        positions: (s, c), resized.
        all_tokens: whether every patch is read behind the last block, or the class token alone.
    """

    staged: StagedTower
    visual: Any
    prepare: Prepare
    positions: Tensor
    all_tokens: bool

    @property
    def blocks(self) -> tuple[Block, ...]:
        """open_clip's blocks."""
        return tuple(self.visual.transformer.resblocks)


def frozen_tower(visual: nn.Module, mean: Sequence[float], std: Sequence[float], options: MovOptions) -> FrozenTower:
    """Make CLIP's image tower read flow or sound.

    Args:
        visual: open_clip's, of the frozen encoder.
        mean: of CLIP's pixels.
        std: their deviation.
        options: say what is read, and how.

    Raises:
        MethodError: the image tower is of another kind than CLIP's, or the spectrogram is smaller than a patch.
    """
    require_plain(visual)
    assert isinstance(visual, VisionTransformer)
    example = visual.conv1.weight
    flow = options.other == "flow"
    prepare = flow_pictures(mean, std, options, example.dtype) if flow else sound_pictures(options, example.dtype)
    square = (visual.grid_size[0], visual.grid_size[1])
    sides = (options.sound_bins // visual.patch_size[0], options.sound_frames // visual.patch_size[1])
    if not flow and not all(sides):
        raise MethodError(
            f"mov: a spectrogram of {options.sound_bins} bins and {options.sound_frames} frames is smaller than a patch of "
            f"{visual.patch_size[0]} x {visual.patch_size[1]}. Write larger sound_bins and sound_frames"
        )
    positions = visual.positional_embedding.detach()
    positions = positions if flow else resized(positions, square, sides, options.sound_positions)
    every = not flow and options.audio_tokens == "patches"
    blocks = tuple(visual.transformer.resblocks)

    def through(block: Block, last: bool) -> Callable[[Activations], Activations]:
        return lambda acts: {"activations": run_block(block, acts["activations"], last and not every)}

    def embed(acts: Activations) -> Activations:
        return {"activations": embedded(visual, prepare(acts["activations"]), positions, visual.class_embedding)}

    def head(acts: Activations) -> Activations:
        found = visual.ln_post(acts["activations"])
        return {"vectors": (found[:, 1:] if every else found[:, 0]) @ visual.proj}

    names = tuple(f"block{number:02}" for number in range(len(blocks)))
    steps = (embed, *[through(block, block is blocks[-1]) for block in blocks], head)
    staged = StagedTower(("pixels", "patches", *names, "output"), steps, example.device, example.dtype)
    return FrozenTower(staged, visual, prepare, positions, every)


def embedded(parts: Any, pictures: Tensor, positions: Tensor, class_token: Tensor) -> Tensor:
    """Tokens (b, s, c) as they enter the first block.

    Args:
        parts: has open_clip's `conv1` and `ln_pre`.
        pictures: (b, 3, rows, columns).
        positions: (s, c).
        class_token: (c,).
    """
    patches = parts.conv1(pictures).flatten(2).mT
    return parts.ln_pre(torch.cat([class_token.expand(len(patches), 1, -1), patches], 1) + positions)


def run_block(block: Block, x: Tensor, first_only: bool) -> Tensor:
    """Run a block for all tokens, or for the class token alone, where nobody reads the others."""
    return run_for(block, x, 1 if first_only else x.shape[1])


def flow_pictures(mean: Sequence[float], std: Sequence[float], options: MovOptions, dtype: torch.dtype) -> Prepare:
    """Stored flow, uint8 (b, h, w, 2), becomes pictures (b, 3, h, w)."""
    third = NO_MOTION if options.flow_third == "shifted" else 0.0

    def prepare(stored: Tensor) -> Tensor:
        moved = stored.movedim(-1, -3).to(torch.promote_types(dtype, torch.float32))
        pictures = torch.cat([moved, torch.full_like(moved[:, :1], third)], 1) / 255
        if options.flow_normalised:
            shift, scale = (torch.tensor(values, device=moved.device, dtype=moved.dtype) for values in (mean, std))
            pictures = (pictures - shift[:, None, None]) / scale[:, None, None]
        return pictures.to(dtype)

    return prepare


def sound_pictures(options: MovOptions, dtype: torch.dtype) -> Prepare:
    """Spectrograms (b, frames, bins) become pictures (b, 3, bins, frames): the same three times, as they are."""

    def prepare(stored: Tensor) -> Tensor:
        if stored.shape[1:] != (options.sound_frames, options.sound_bins):
            raise MethodError(
                f"mov: a spectrogram has {stored.shape[1]} frames of {stored.shape[2]} bins; {options.sound_frames} of "
                f"{options.sound_bins} are to be read. Crop it, or write sound_frames and sound_bins"
            )
        return stored.to(dtype).mT[:, None].expand(-1, 3, -1, -1)

    return prepare


def require_plain(visual: nn.Module) -> None:
    """Refuse an image tower that is no plain vision transformer with a class token.

    Raises:
        MethodError: it has another head, or other blocks.
    """
    plain = (
        isinstance(visual, VisionTransformer)
        and visual.attn_pool is None
        and visual.pool_type == "tok"
        and isinstance(visual.proj, nn.Parameter)
        and all(isinstance(block, ResidualAttentionBlock) for block in visual.transformer.resblocks)
    )
    if not plain:
        raise MethodError(
            "mov: flow and sound are read by a copy of CLIP's vision transformer, and this encoder's image tower is of another "
            "kind. Take clip-vit-b16-openai, clip-vit-l14-openai, or another open_clip ViT whose head reads the class token"
        )
