"""Small towers and their models with random weights of normal size, in float64: no difference hides behind small numbers."""

import torch
from torch.nn import functional as F

from pipeline.encoders.stepped.hts_at import HtsAtTower
from pipeline.encoders.stepped.hts_at_weights import config_of
from pipeline.encoders.stepped.known import MINIATURE_HTS_AT, MINIATURE_SWIN, vit
from pipeline.encoders.stepped.swin import SwinTower
from pipeline.encoders.stepped.swin_weights import build_swin, build_vit
from pipeline.encoders.stepped.vit import VitTower

CPU = torch.device("cpu")
SMALL_VIT = vit("small-vit", 32, 8, 24, depth=4, heads=4)
KINDS = ("swin-v2", "hts-at", "vit")
SHAPES = dict(zip(KINDS, (MINIATURE_SWIN, MINIATURE_HTS_AT, SMALL_VIT), strict=True))


def drawn(model, seed=0):
    """Matrices keep the size of what passes them; scales, biases and statistics are far from 0 and 1."""
    draw = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        spread = 0.3 if parameter.dim() == 1 else parameter[0].numel() ** -0.5
        around = 1.0 if parameter.dim() == 1 and name.endswith("weight") else 0.0  # of a norm
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=parameter.dtype).mul_(spread).add_(around)
    for name, scales in model.named_parameters():
        if name.endswith("logit_scale"):  # to 13 times a cosine, some beyond the clamp
            scales.data = torch.rand(scales.shape, generator=draw, dtype=scales.dtype) * 3 + 2.2
    for name, values in model.named_buffers():
        if name.endswith("running_mean"):
            values.copy_(torch.randn(values.shape, generator=draw) - 20)
        if name.endswith("running_var"):
            values.copy_(torch.rand(values.shape, generator=draw) * 100 + 50)
    return model.eval()


def model_of(kind, seed=0):
    """A model in float32."""
    from transformers import ClapAudioModel

    shape = SHAPES[kind]
    if kind == "swin-v2":
        return drawn(build_swin(shape), seed)
    return drawn(build_vit(shape) if kind == "vit" else ClapAudioModel(config_of(shape)), seed)


def tower_of(kind, model=None, bias="mean", dtype=torch.float64):
    """A tower, of a model that is converted with it."""
    model = model or model_of(kind)
    if kind == "vit":
        return VitTower(model, SHAPES[kind], CPU, dtype)
    return {"swin-v2": SwinTower, "hts-at": HtsAtTower}[kind](model, SHAPES[kind], CPU, dtype, bias)


def rows_of(kind, count=3, seed=1, dtype=torch.float64):
    """Spectrograms of few large spots, normalised for towers of pictures and decibels for HTS-AT."""
    coarse = torch.randn(count, 1, 8, 4, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    noise = F.interpolate(coarse, SHAPES[kind].input[:2])[:, 0]
    return noise * 10 - 20 if kind == "hts-at" else noise


def blocks_of(kind, model):
    """The model's own blocks, first to last."""
    if kind == "vit":
        return list(model.blocks)
    layers = model.layers if kind == "swin-v2" else model.audio_encoder.layers
    return [block for layer in layers for block in layer.blocks]
