"""How far features in half precision, and in a batch, are from features in float32 alone: relative distances of rows."""

from gpu.encoders import random_encoder
from gpu.sizes import Sizes

_ROWS = 64


def measure(sizes: Sizes) -> dict:
    """The largest |a - b| / |b| over rows, of both towers of every model."""
    import torch

    found: dict = {}
    rows = min(_ROWS, sizes.images)
    generator = torch.Generator().manual_seed(1)
    pixels = torch.randint(0, 256, (rows, 224, 224, 3), dtype=torch.uint8, generator=generator)
    for model in sizes.models:
        exact = random_encoder(model, sizes.device, "float32")
        texts = [
            f"a photo of a {word}, number {n}" for n, word in zip(range(rows), ["cat", "dog"] * rows, strict=False)
        ]
        ids = exact.collate(exact.tokenize(texts))
        wanted = {"image": exact.media.full(pixels), "text": exact.text.full(ids)}
        alone = torch.cat([exact.media.full(pixels[row : row + 1]) for row in range(min(rows, 8))])
        entry = {"image batch against alone, float32": _farthest(wanted["image"][: len(alone)], alone)}
        for dtype in ("bfloat16", "float16"):
            half = random_encoder(model, sizes.device, dtype)
            entry[f"image {dtype}"] = _farthest(half.media.full(pixels), wanted["image"])
            entry[f"text {dtype}"] = _farthest(half.text.full(ids), wanted["text"])
        found[model] = entry
    return found


def _farthest(found: "object", wanted: "object") -> float:
    return float(((found.double() - wanted.double()).norm(dim=-1) / wanted.double().norm(dim=-1)).max())
