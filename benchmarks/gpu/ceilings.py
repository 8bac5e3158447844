"""What the machine can do: the rate of its matrix products, of its memory, and of the way to it."""

from gpu.clock import seconds
from gpu.sizes import Sizes


def measure(sizes: Sizes) -> dict:
    """TFLOP/s of a square product in each type, TB/s of a copy on the device, GB/s from the host."""
    import torch

    found: dict = {}
    device, side = sizes.device, sizes.product
    for name in ("float32", "bfloat16", "float16"):
        a, b = (torch.randn(side, side, device=device).to(getattr(torch, name)) for _ in range(2))
        found[f"product_{name}_tflops"] = 2 * side**3 / seconds(lambda a=a, b=b: a @ b, device) / 1e12
    count = sizes.copied_mb * 2**20
    there, back = (torch.randint(0, 255, (count,), dtype=torch.uint8, device=device) for _ in range(2))
    found["device_copy_tb_s"] = 2 * count / seconds(lambda: there.copy_(back), device) / 1e12
    if device == "cuda":
        host = torch.randint(0, 255, (count // 8,), dtype=torch.uint8)
        found["from_pageable_gb_s"] = count / 8 / seconds(lambda: there[: count // 8].copy_(host), device) / 1e9
        pinned = host.pin_memory()
        found["from_pinned_gb_s"] = count / 8 / seconds(lambda: there[: count // 8].copy_(pinned), device) / 1e9
    return found
