"""Texts trimmed to the longest of their batch and bucketed by length, against 77 tokens for every text.

Ours is the code that caches texts, from sentences to the rows of a shard. The other pads every row to 77 tokens, as
open_clip's tokenizer does, and runs the same tower in batches of the same size.
"""

from paper_corpus import paper_candidates
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell
from vit_b32_text import llm_sentences, random_encoder

CLAIM = Claim(
    "text encoding, open_clip ViT-B-32 text tower, sentences of 8-25 words: 77 tokens / trimmed and bucketed", 2.5
)
SENTENCES, BATCH = 512, 64


def measure(rounds: int) -> Finding:
    import numpy as np
    import torch

    from pipeline.caching.rows import Clock, concatenate, to_arrays
    from pipeline.caching.texts import encode_shard

    encoder = random_encoder()
    sentences = llm_sentences(paper_candidates().labels("image"), SENTENCES)

    def trimmed() -> np.ndarray:
        return encode_shard(encoder, sentences, "output", "float32", BATCH, Clock())["vectors"]

    def fixed() -> np.ndarray:
        ids = torch.zeros(SENTENCES, encoder.context_length, dtype=torch.long)
        for row, tokens in zip(ids, encoder.tokenize(sentences), strict=True):
            row[: len(tokens)] = torch.tensor(tokens)
        batches = (encoder.text.lower(part, "output") for part in ids.split(BATCH))
        return concatenate([to_arrays(batch, "float32") for batch in batches])["vectors"]

    difference = float(np.abs(trimmed() - fixed()).max())
    times = take_turns({"77 tokens": fixed, "trimmed and bucketed": trimmed}, rounds)
    lengths = [len(tokens) for tokens in encoder.tokenize(sentences)]
    return Finding(
        ratio(times["77 tokens"], times["trimmed and bucketed"]),
        {name: [*shown(seconds), f"{SENTENCES / min(seconds):.0f}"] for name, seconds in times.items()},
        columns=("fastest", "median", "sentences/s"),
        notes=[
            f"{SENTENCES} sentences of {np.mean(lengths):.1f} tokens ({min(lengths)} to {max(lengths)}), batches of {BATCH}",
            f"features: largest absolute difference {difference:.1e} (allowed 1e-5)",
        ],
        sound=difference <= 1e-5,
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
