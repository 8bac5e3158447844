"""One epoch of TaAM-CPT, 530 labels x 512, from cached features that lie on the device; and its resumption bit by bit."""

import tempfile
from pathlib import Path

from gpu.clock import seconds
from gpu.sizes import Sizes


def measure(sizes: Sizes) -> dict:
    """Seconds of an epoch by the stage's own `learn`, and of its bare matrix products."""
    import torch
    from paper_corpus import BATCH, DIM

    candidates, corpus = _corpus(sizes)

    def learned(epochs: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            _learn(candidates, corpus, Path(folder), epochs, sizes.device)

    one, three = seconds(lambda: learned(1), sizes.device, 2, 1), seconds(lambda: learned(3), sizes.device, 2, 0)
    columns = len(candidates)
    features, prompts = torch.randn(BATCH, DIM, device=sizes.device), torch.randn(columns, DIM, device=sizes.device)
    gradient = torch.randn(BATCH, columns, device=sizes.device)

    def products() -> None:
        for _ in range(sizes.corpus // BATCH):
            features @ prompts.T
            gradient.T @ features

    return {
        "epoch_s": (three - one) / 2,
        "first_epoch_with_start_and_end_s": one,
        "bare_products_s": seconds(products, sizes.device, 3, 1),
        "sentences": sizes.corpus,
        "labels": columns,
        "steps": -(-sizes.corpus // BATCH),
    }


def resume(sizes: Sizes) -> dict:
    """Whether a run that was stopped after its second of four epochs ends in the same bits."""
    import torch

    from pipeline.training.checkpoint import Checkpoints

    candidates, corpus = _corpus(sizes)
    with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as stopped:
        straight = _learn(candidates, corpus, Path(whole), 4, sizes.device)
        real, saved = Checkpoints.save, []

        def stop_after_two(self: Checkpoints, epoch: int, *rest: object, **named: object) -> None:
            real(self, epoch, *rest, **named)
            saved.append(epoch)
            if epoch == 2 and len(saved) == 3:
                raise KeyboardInterrupt

        Checkpoints.save = stop_after_two
        try:
            _learn(candidates, corpus, Path(stopped), 4, sizes.device)
        except KeyboardInterrupt:
            pass
        finally:
            Checkpoints.save = real
        resumed = _learn(candidates, corpus, Path(stopped), 4, sizes.device)
        equal = all(torch.equal(x, resumed[name]) for name, x in straight.items())
    return {"epochs_before_the_stop": max(saved), "bit_for_bit": equal, "tensors": len(straight)}


def _corpus(sizes: Sizes) -> tuple:
    from dataclasses import replace

    from paper_corpus import paper_candidates, random_corpus

    candidates = paper_candidates()
    corpus = random_corpus(candidates, sizes.corpus)
    move = {m: type(t)(t.features.to(sizes.device), t.positives.to(sizes.device)) for m, t in corpus.texts.items()}
    held = {m: type(t)(t.features.to(sizes.device), t.positives.to(sizes.device)) for m, t in corpus.held_out.items()}
    return candidates, replace(corpus, texts=move, held_out=held)


def _learn(candidates: object, corpus: object, folder: Path, epochs: int, device: str) -> dict:
    from paper_corpus import BATCH

    from pipeline.methods.taam_cpt.config import TaamCptConfig
    from pipeline.methods.taam_cpt.training import learn
    from pipeline.telemetry.progress import Progress
    from pipeline.training.checkpoint import Checkpoints
    from stores import ArtifactSpec, Store

    config = TaamCptConfig.model_validate({"epochs": epochs, "batch_size": BATCH, "weak": "video"})
    artifact = Store(folder).artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
    with artifact.writer() as writer:
        checkpoints = Checkpoints(artifact, writer)
        learn(config, candidates, corpus, 0, checkpoints, device, Progress.silent())
    return Checkpoints(artifact).tensors(epochs)
