"""Text features: tokens that lie on the device, and sentences into a store, with tokenising."""

import statistics
import tempfile
from pathlib import Path
from unittest.mock import patch

from gpu.clock import seconds
from gpu.encoders import random_encoder
from gpu.flops import text_flops
from gpu.sizes import Sizes

_TOKENS = 22


def measure(sizes: Sizes) -> dict:
    """Texts a second of ViT-B-32's text tower."""
    import torch
    from vit_b32_text import llm_sentences

    from pipeline.caching.texts import cache_texts
    from pipeline.labels.label_set import load_labels
    from pipeline.telemetry.progress import Progress
    from stores import Store

    model, found = sizes.models[0], {}
    sentences = list(dict.fromkeys(llm_sentences(load_labels("imagenet1k"), sizes.sentences)))
    for dtype in ("float32", "bfloat16"):
        encoder = random_encoder(model, sizes.device, dtype)
        batch = min(1024, sizes.sentences)
        ids = torch.randint(1, 40_000, (batch, _TOKENS), device=sizes.device)
        ids[:, -1] = 49_407
        rate = batch / seconds(lambda e=encoder, i=ids: e.text.lower(i, "output"), sizes.device, 3, 2)
        found[f"{dtype} {_TOKENS} tokens, batch {batch}"] = {
            "texts_s": rate,
            "tflops": rate * text_flops(model, _TOKENS) / 1e12,
        }
    lengths = [len(ids) for ids in encoder.tokenize(sentences[:1000])]
    found["mean_tokens"] = statistics.mean(lengths)
    start = seconds(lambda: encoder.tokenize(sentences), "cpu", 1, 0)
    found["tokenising_texts_s"] = len(sentences) / start
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        with (
            patch("pipeline.caching.texts.load_encoder", lambda *_: encoder),
            patch("pipeline.caching.texts.first_notes", lambda *_, **__: {}),
        ):
            took = seconds(
                lambda: cache_texts(
                    store,
                    encoder.card,
                    sentences,
                    device=sizes.device,
                    compute="bfloat16",
                    batch_size=1024,
                    progress=Progress.silent(),
                ),
                sizes.device,
                1,
                0,
            )
    found["sentences into a store, bfloat16"] = {"texts_s": len(sentences) / took, "whole_s": took}
    return found
