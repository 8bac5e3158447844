"""One epoch of TaAM-CPT over 300,000 cached sentences, 530 labels and 512 dimensions, against its bare matrix products.

The epoch is the stage's own: `learn` with its initialisation, batches, ranking and inter-modal loss, steps and two
checkpoints on disk. The floor is, for every batch and modality, h P^T and the product that its gradient needs, on the
same sentences, already gathered.
"""

import tempfile
from pathlib import Path

from paper_corpus import BATCH, paper_candidates, random_corpus
from side_by_side import Claim, Finding, ratio, shown, take_turns, tell

CLAIM = Claim(
    "one epoch, 300,000 sentences x 530 labels x 512: real training / its bare matrix products", 3, at_least=False
)
SENTENCES = 300_000


def measure(rounds: int) -> Finding:
    import torch

    from pipeline.methods.taam_cpt.config import TaamCptConfig
    from pipeline.methods.taam_cpt.texts import MixedBatches
    from pipeline.methods.taam_cpt.training import learn
    from pipeline.telemetry.progress import Progress
    from pipeline.training.checkpoint import Checkpoints
    from stores import ArtifactSpec, Store

    candidates = paper_candidates()
    corpus = random_corpus(candidates, SENTENCES)
    config = TaamCptConfig.model_validate({"epochs": 1, "batch_size": BATCH, "weak": "video"})
    batches = MixedBatches(corpus.texts, BATCH, seed=0)
    sample = [list(batch.values()) for _, batch in zip(range(16), batches.epoch(1), strict=False)]
    prompts = torch.randn(len(candidates), 512)
    gradients = [[torch.randn(len(texts.features), len(candidates)) for texts in batch] for batch in sample]

    def products() -> None:
        for number in range(len(batches)):
            for texts, gradient in zip(sample[number % len(sample)], gradients[number % len(sample)], strict=True):
                texts.features @ prompts.T
                gradient.T @ texts.features

    def training() -> None:
        with tempfile.TemporaryDirectory() as folder:
            artifact = Store(Path(folder)).artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
            with artifact.writer() as writer:
                learn(config, candidates, corpus, 0, Checkpoints(artifact, writer), "cpu", Progress.silent())

    times = take_turns({"real training": training, "bare matrix products": products}, rounds)
    return Finding(
        ratio(times["real training"], times["bare matrix products"]),
        {name: shown(seconds) for name, seconds in times.items()},
        notes=[
            f"{len(batches)} batches of {BATCH}, three modalities, ranking loss and inter-modal loss, two checkpoints"
        ],
    )


if __name__ == "__main__":
    tell(CLAIM, measure, rounds=3)
