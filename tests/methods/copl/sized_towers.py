"""Real towers of any shape with fresh weights."""

import torch

from pipeline.encoders.stepped.hts_at import HtsAtTower
from pipeline.encoders.stepped.swin import SwinTower
from pipeline.encoders.stepped.vit import VitTower


def tower_of(shape):
    """In float32, on the CPU."""
    kind = {"swin-v2": SwinTower, "hts-at": HtsAtTower, "vit": VitTower}[shape.kind]
    return kind(_model(shape).eval(), shape, torch.device("cpu"), torch.float32)


def _model(shape):
    from timm.models.swin_transformer_v2 import SwinTransformerV2
    from timm.models.vision_transformer import VisionTransformer
    from transformers import ClapAudioConfig, ClapAudioModel

    begins = [shape.blocks[index] for index in shape.starts]
    depths = tuple(sum(block.stage == begin.stage for block in shape.blocks) for begin in begins)
    heads, window = tuple(begin.heads for begin in begins), max(block.window[0] for block in shape.blocks)
    width, size = begins[0].width, begins[0].grid[0] * shape.patch
    common = {"patch_size": shape.patch, "mlp_ratio": shape.mlp_ratio}
    if shape.kind == "swin-v2":
        return SwinTransformerV2(
            img_size=size, embed_dim=width, depths=depths, num_heads=heads, window_size=window, num_classes=0,
            drop_path_rate=0.0, **common,
        )  # fmt: skip
    if shape.kind == "vit":
        return VisionTransformer(
            img_size=size, embed_dim=width, depth=depths[0], num_heads=heads[0], num_classes=0, **common
        )
    config = ClapAudioConfig(
        spec_size=size, num_mel_bins=shape.input[1], patch_stride=[shape.patch, shape.patch], window_size=window,
        depths=list(depths), num_attention_heads=list(heads), patch_embeds_hidden_size=width, hidden_size=shape.width, **common,
    )  # fmt: skip
    return ClapAudioModel(config)
