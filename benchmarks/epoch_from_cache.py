"""A TaAM-CPT epoch from cached text features against the same epoch with the text encoder in the loop.

From cache: `learn`, whole, with its batches, losses, steps and checkpoints. In the loop: the same epoch, and every
sentence of a batch tokenised and run through the text tower of ViT-B-32 first, which is what the authors' code does.
The encoder is timed on a sample of sentences in every round, and its time scaled to all sentences of the epoch: its
cost is proportional to their number, since batches are of one size.
"""

import tempfile
from pathlib import Path

from paper_corpus import BATCH, paper_candidates, random_corpus
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell
from vit_b32_text import llm_sentences, random_encoder

CLAIM = Claim("one TaAM-CPT epoch: text encoder (open_clip ViT-B-32, full size) in the loop / from cache", 500)
SENTENCES, SAMPLE = 60 * BATCH, BATCH // 4


def measure(rounds: int) -> Finding:
    import torch

    from pipeline.methods.taam_cpt.config import TaamCptConfig
    from pipeline.methods.taam_cpt.training import learn
    from pipeline.telemetry.progress import Progress
    from pipeline.training.checkpoint import Checkpoints
    from stores import ArtifactSpec, Store

    candidates = paper_candidates()
    corpus = random_corpus(candidates, SENTENCES)
    config = TaamCptConfig.model_validate({"epochs": 1, "batch_size": BATCH, "weak": "video"})
    encoder = random_encoder()
    sentences = llm_sentences(candidates.labels("image"), SAMPLE)

    def from_cache() -> None:
        with tempfile.TemporaryDirectory() as folder:
            artifact = Store(Path(folder)).artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
            with artifact.writer() as writer:
                learn(config, candidates, corpus, 0, Checkpoints(artifact, writer), "cpu", Progress.silent())

    def encode_77() -> None:
        ids = torch.zeros(SAMPLE, encoder.context_length, dtype=torch.long)
        for row, tokens in zip(ids, encoder.tokenize(sentences), strict=True):
            row[: len(tokens)] = torch.tensor(tokens)
        encoder.text.lower(ids, "output")

    def encode_trimmed() -> None:
        encoder.text.lower(encoder.collate(encoder.tokenize(sentences)), "output")

    times = take_turns({"from cache": from_cache, "77 tokens": encode_77, "trimmed": encode_trimmed}, rounds)
    scale, cached = SENTENCES / SAMPLE, times["from cache"]
    loops = {n: [scale * s + c for s, c in zip(times[n], cached, strict=True)] for n in ("77 tokens", "trimmed")}
    rows = {
        "from cache": [*shown(cached), "1"],
        "encoder in the loop, 77 tokens": [*shown(loops["77 tokens"]), f"{ratio(loops['77 tokens'], cached):,.0f}"],
        "encoder in the loop, trimmed": [*shown(loops["trimmed"]), f"{ratio(loops['trimmed'], cached):,.0f}"],
    }
    return Finding(
        ratio(loops["77 tokens"], cached),
        rows,
        columns=("fastest", "median", "times slower"),
        notes=[
            f"{SENTENCES:,} sentences, batches of {BATCH}; the encoder ran on {SAMPLE} sentences a round, scaled by {scale:.0f}",
            "trimmed: texts cut to the longest of their batch, which the authors' code does not do",
        ],
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
