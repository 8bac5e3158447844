"""Weights of Swin-V2 and ViT as Microsoft and timm publish them, under the names of timm's models.

Microsoft's files and timm's before 0.9 merge patches at the end of a stage, timm's of today at the start of the next; the numbers
are the same. Left behind are the classifier of the pretraining and tables that follow from the sizes.
"""

import re
from collections.abc import Mapping
from typing import Any

from timm.models.swin_transformer_v2 import SwinTransformerV2
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor

from pipeline.encoders.cards import EncoderCard
from pipeline.encoders.stepped.files import weights_file
from pipeline.encoders.stepped.shape import TowerShape
from pipeline.encoders.weights import made_to_fit, plain_names, read_weights

_LEFT_BEHIND = re.compile(r"head(\.fc)?\.(weight|bias)$|.*\.(relative_position_index|relative_coords_table|attn_mask)$")
_OLD = "layers.0.downsample.reduction.weight"
_MERGING = re.compile(r"^layers\.(\d+)\.downsample\.")


def swin_model(card: EncoderCard, shape: TowerShape) -> Any:
    """The model of a card, with its weights, in float32.

    Raises:
        EncoderError: there are no such weights, or they do not fit.
    """
    state = swin_names(plain_names(read_weights(card.name, weights_file(card), inside=("model", "state_dict"))))
    return made_to_fit(card.name, swin_sizes(shape), lambda: build_swin(shape), state)


def swin_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of a Swin-V2 to those of timm's of today."""
    kept = {name: value for name, value in state.items() if not _LEFT_BEHIND.match(name)}
    if _OLD not in kept:
        return kept
    return {_MERGING.sub(lambda m: f"layers.{int(m[1]) + 1}.downsample.", name): x for name, x in kept.items()}


def swin_sizes(shape: TowerShape) -> dict[str, Any]:
    """What timm's model calls the sizes of a tower."""
    first = [shape.blocks[index] for index in shape.starts]
    return {
        "img_size": shape.input[0],
        "patch_size": shape.patch,
        "embed_dim": shape.blocks[0].width,
        "depths": tuple(sum(block.stage == stage for block in shape.blocks) for stage in range(1, shape.stages + 1)),
        "num_heads": tuple(block.heads for block in first),
        "window_size": max(block.window[0] for block in first),
        "mlp_ratio": shape.mlp_ratio,
    }


def build_swin(shape: TowerShape) -> SwinTransformerV2:
    """A Swin-V2 of a shape, with fresh weights and without a classifier."""
    return SwinTransformerV2(**swin_sizes(shape), num_classes=0, drop_path_rate=0.0)


def vit_model(card: EncoderCard, shape: TowerShape) -> Any:
    """The ViT of a card, with its weights, in float32.

    Raises:
        EncoderError: there are no such weights, or they do not fit.
    """
    state = plain_names(read_weights(card.name, weights_file(card), inside=("model", "state_dict")))
    kept = {name: value for name, value in state.items() if not _LEFT_BEHIND.match(name)}
    return made_to_fit(card.name, {"depth": len(shape.blocks)}, lambda: build_vit(shape), kept)


def build_vit(shape: TowerShape) -> VisionTransformer:
    """A ViT of a shape, with fresh weights and without a classifier."""
    first = shape.blocks[0]
    return VisionTransformer(
        img_size=shape.input[0], patch_size=shape.patch, embed_dim=first.width, depth=len(shape.blocks),
        num_heads=first.heads, mlp_ratio=shape.mlp_ratio, num_classes=0, global_pool="token",
    )  # fmt: skip
