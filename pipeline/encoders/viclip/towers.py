"""ViCLIP's towers with named cuts.

Text: tokens, block00, ..., output. Video: frames, block00, ..., output. A block's cut is what it leaves.
"""

from collections.abc import Sequence

import torch

from pipeline.encoders.pixels import normalise_pixels
from pipeline.encoders.tower import Activations, StagedTower, Step, block_names
from pipeline.encoders.viclip.model import ViCLIP
from pipeline.encoders.viclip.transformer import Block


def text_tower(model: ViCLIP, device: torch.device, dtype: torch.dtype) -> StagedTower:
    """Cut the text tower into its blocks; inputs are token ids (b, s)."""
    encoder = model.text_encoder
    first, *blocks = encoder.transformer.blocks

    def embed(acts: Activations) -> Activations:
        ids = acts["activations"]
        return {"activations": first(encoder.embed(ids)), "ids": ids}

    def head(acts: Activations) -> Activations:
        return {"vectors": encoder.head(acts["activations"], acts["ids"])}

    steps = (embed, *[_step(block) for block in blocks], head)
    return StagedTower(("tokens", *block_names(len(blocks) + 1), "output"), steps, device, dtype)


def video_tower(
    model: ViCLIP, mean: Sequence[float], std: Sequence[float], device: torch.device, dtype: torch.dtype
) -> StagedTower:
    """Cut the video tower into its blocks; inputs are uint8 (b, t, h, w, 3)."""
    encoder = model.vision_encoder
    first, *blocks = encoder.transformer.blocks

    def embed(acts: Activations) -> Activations:
        frames = normalise_pixels(acts["activations"], mean, std, dtype)
        return {"activations": first(encoder.embed(frames))}

    def head(acts: Activations) -> Activations:
        return {"vectors": encoder.head(acts["activations"])}

    steps = (embed, *[_step(block) for block in blocks], head)
    return StagedTower(("frames", *block_names(len(blocks) + 1), "output"), steps, device, dtype)


def _step(block: Block) -> Step:
    return lambda acts: {**acts, "activations": block(acts["activations"])}
