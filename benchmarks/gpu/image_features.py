"""Image features: pixels that lie on the device, pixels out of a store, and JPEG files, each beside its ceiling."""

import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from gpu.clock import seconds
from gpu.encoders import random_encoder
from gpu.flops import image_flops
from gpu.sizes import Sizes

_BATCHES = (8, 32, 64, 256, 1024)


def from_device(sizes: Sizes) -> dict:
    """Images a second of every tower, type and batch, and the share of the product's rate that they reach."""
    import torch

    found: dict = {}
    for model in sizes.models:
        for dtype in ("float32", "bfloat16"):
            encoder = random_encoder(model, sizes.device, dtype)
            for batch in (b for b in _BATCHES if b <= sizes.images and (b > 8 or sizes.device == "cpu")):
                pixels = torch.randint(0, 256, (batch, 224, 224, 3), dtype=torch.uint8, device=sizes.device)
                rate = batch / seconds(lambda e=encoder, p=pixels: e.media.lower(p, "output"), sizes.device, 3, 2)
                found[f"{model} {dtype} batch {batch}"] = {"images_s": rate, "tflops": rate * image_flops(model) / 1e12}
    return found


def from_store(sizes: Sizes) -> dict:
    """Images a second out of stored pixels into stored features, by the pipeline's own work."""
    import numpy as np

    from pipeline.caching.encode import EncodeWork
    from pipeline.telemetry.progress import Progress
    from stores import ArtifactSpec, Store

    found: dict = {}
    rng = np.random.default_rng(0)
    keys = [f"{number:032x}" for number in range(sizes.images)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        pixels = store.artifact(ArtifactSpec(kind="sources", fields={"of": "random"}, backend="hdf5"))
        with pixels.writer() as writer:
            for start in range(0, sizes.images, 1024):
                part = keys[start : start + 1024]
                writer.publish(part, {"pixels": rng.integers(0, 256, (len(part), 224, 224, 3), np.uint8)})
        for model in sizes.models:
            encoder, made = random_encoder(model, sizes.device, "bfloat16"), []
            with patch("pipeline.caching.encode.load_encoder", lambda *_, e=encoder: e):
                work = EncodeWork(encoder.card, sizes.device, "bfloat16", "float16", pixels, "pixels", "output")
                shards = [keys[start : start + 512] for start in range(0, len(keys), 512)]
                with Progress.silent().task("encode", total=len(keys), unit="image") as task:
                    took = seconds(
                        lambda w=work, t=task, s=shards, m=made: m.append(list(w.make(s, t))), sizes.device, 1, 1
                    )
            features = np.concatenate([shard.data["vectors"] for shard in made[-1]])
            some = keys[:: max(1, len(keys) // 8)]
            alone = [encoder.media.lower(pixels.arrays([key])["pixels"], "output")["vectors"] for key in some]
            wanted = np.concatenate([each.float().cpu().numpy() for each in alone])
            there = features[:: max(1, len(keys) // 8)].astype(np.float32)
            found[model] = {
                "images_s": len(keys) / took,
                "tflops": len(keys) / took * image_flops(model) / 1e12,
                "farthest_from_alone": float(
                    (np.linalg.norm(there - wanted, axis=1) / np.linalg.norm(wanted, axis=1)).max()
                ),
            }
            if found[model]["farthest_from_alone"] > 0.05:
                raise RuntimeError(f"features of {model} in batches are others than alone: {found[model]}")
    return found


def from_files(sizes: Sizes) -> dict:
    """Images a second out of JPEG files into a store, by the whole cache stage of images."""
    from image_loop import write_photographs

    from pipeline.caching.media import cache_media
    from pipeline.datasets.rows import MediaRow
    from pipeline.telemetry.progress import Progress
    from stores import Store, file_key

    found: dict = {}
    with tempfile.TemporaryDirectory() as folder:
        photographs = Path(folder) / "photographs"
        photographs.mkdir()
        paths = write_photographs(photographs, min(sizes.files, 256))
        rows = []
        for number in range(sizes.files):  # the same pictures under keys of their own: a key is a row
            path = paths[number % len(paths)]
            rows.append(MediaRow(file_key(path) if number < len(paths) else f"{number:032x}", path, ()))
        for model in dict.fromkeys((sizes.models[0], sizes.models[-1])):
            encoder = random_encoder(model, sizes.device, "bfloat16")
            with (
                patch("pipeline.caching.media.load_encoder", lambda *_, e=encoder: e),
                patch("pipeline.caching.media.first_notes", lambda *_, **__: {}),
            ):
                start = time.perf_counter()
                summary = cache_media(
                    Store(Path(folder) / model),
                    encoder.card,
                    rows,
                    progress=Progress.silent(),
                    device=sizes.device,
                    compute="bfloat16",
                    workers=sizes.workers,
                    batch_size=128,
                )
                whole = time.perf_counter() - start  # it has published, so the device has ended
            if summary.rejected:
                raise RuntimeError(f"{summary.rejected} of {len(rows)} files were rejected: nothing was measured")
            found[model] = {
                "images_s": len(rows) / whole,
                "waiting_for_decoders_s": summary.decode_s,
                "encoding_s": summary.encode_s,
                "whole_s": whole,
            }
    return found
