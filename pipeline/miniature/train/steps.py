"""One step of learning, as all miniature networks take it: the optimiser, its rate over the time, and half precision."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel


@contextmanager
def half_precision(device: torch.device) -> Iterator[None]:
    """Bfloat16 products where the processor has them, 1.4 to 1.7 times as fast here.

    Attention is written out, because the fused kernel's backward pass in bfloat16 takes six times as long on a CPU.
    """
    if device.type == "cpu" and not torch.cpu._is_avx512_bf16_supported():
        yield
        return
    backends = [SDPBackend.MATH] if device.type == "cpu" else [SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    with torch.autocast(device.type, dtype=torch.bfloat16), sdpa_kernel(backends):
        yield


def adamw(module: nn.Module, rate: float) -> torch.optim.Optimizer:
    """AdamW whose decay spares biases and gains."""
    decayed = [p for p in module.parameters() if p.ndim > 1]
    plain = [p for p in module.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def rate_at(share: float, rate: float) -> float:
    """The rate after a share of the time: a warm-up over the first 3 %, then a cosine to 2 % of it."""
    if share < 0.03:
        return rate * (0.05 + share / 0.03)
    return rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (share - 0.03) / 0.97)))
