"""`preset: code` over a whole run, against the authors' training worked out step by step in float64 numpy.

The rates come from the scheduler that the authors use, torch's own, stepped in every iteration as they do.
"""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.methods.taam_cpt.texts import MixedBatches, text_batch
from pipeline.methods.taam_cpt.training import Corpus, learn
from pipeline.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from stores import ArtifactSpec, Store

LABELS = {"video": ["run", "sit"], "image": ["cat", "dog", "cow"], "audio": ["bark", "rain"]}
CANDIDATES = Candidates.of(LABELS)
OWNER = [column.modality for column in CANDIDATES.columns]
WIDTH, EPOCHS, SIZE, SEED = 16, 3, 11, 202
RATES = {"video": 5e-4, "image": 5e-2, "audio": 5e-2}
Pools = dict[str, NDArray[np.float64]]


def corpus() -> Corpus:
    rng = np.random.default_rng(1)
    texts = {}
    for m in LABELS:
        own = CANDIDATES.indices(m)
        labels = [rng.choice(own, size=1 + i % 2, replace=False).tolist() for i in range(20)]
        texts[m] = text_batch(rng.normal(size=(20, WIDTH)) + 2 * np.eye(7, WIDTH)[[row[0] for row in labels]], labels)
    names = {m: rng.normal(size=(len(CANDIDATES), WIDTH)) for m in LABELS}
    return Corpus(texts, {}, names)  # nobody is asked which modality is weak: nothing is held out


def rates(steps: int) -> list[dict[str, float]]:
    groups = [{"params": [torch.zeros(1, requires_grad=True)], "lr": rate} for rate in RATES.values()]
    optimiser = torch.optim.SGD(groups)
    scheduler, found = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=EPOCHS), []
    for _ in range(steps):
        found.append(dict(zip(RATES, (group["lr"] for group in optimiser.param_groups), strict=True)))
        optimiser.step()
        scheduler.step()
    return found


def ranking_slopes(units: NDArray[np.float64], features: NDArray, positives: list[list[int]]) -> NDArray[np.float64]:
    """Of the mean over sentences of sum max(0, 1 - 4 cos_i + 4 cos_j), by the unit prompts."""
    slopes = np.zeros_like(units)
    for h, labels in zip(features, positives, strict=True):
        own = {label for label in labels if label >= 0}
        for i in own:
            for j in set(range(len(units))) - own:
                if 1 - 4 * (units[i] @ h) + 4 * (units[j] @ h) > 0:
                    slopes[i] -= 4 * h / len(positives)
                    slopes[j] += 4 * h / len(positives)
    return slopes


def by_hand() -> list[Pools]:
    """The pools after every epoch, the start first."""
    start = np.ones((len(OWNER), WIDTH)) / np.sqrt(WIDTH)
    pools, texts, everything = {m: start.copy() for m in LABELS}, corpus().texts, []
    batches = MixedBatches(texts, SIZE, SEED)
    plan = iter(rates(EPOCHS * len(batches)))
    for epoch in range(1, EPOCHS + 1):
        everything.append({m: pool.copy() for m, pool in pools.items()})
        for batch in batches.epoch(epoch):
            rate, lengths = next(plan), {m: np.linalg.norm(p, axis=1, keepdims=True) for m, p in pools.items()}
            units = {m: p / lengths[m] for m, p in pools.items()}
            slopes = {m: np.zeros_like(p) for m, p in pools.items()}
            for m, shown in batch.items():
                slopes[m] += ranking_slopes(units[m], shown.features.double().numpy(), shown.positives.tolist())
            rows = [i for i, owner in enumerate(OWNER) if owner != "video"]  # of images and audio, for both terms
            for strong in ("image", "audio"):
                share = np.exp(4.6052 * units["video"][rows] @ units[strong].T)
                share /= share.sum(1, keepdims=True)
                share[range(len(rows)), rows] -= 1  # summed, not averaged; the two terms together are halved
                slopes["video"][rows] += 0.5 * 4.6052 * share @ units[strong]
                slopes[strong] += 0.5 * 4.6052 * share.T @ units["video"][rows]
            for m in pools:
                along = (slopes[m] * units[m]).sum(1, keepdims=True)
                pools[m] -= rate[m] * (slopes[m] - along * units[m]) / lengths[m]
    return [*everything, pools]


def test_a_whole_run_of_the_authors_behaviour(tmp_path: Path) -> None:
    config = TaamCptConfig.model_validate({"preset": "code", "epochs": EPOCHS, "batch_size": SIZE})
    artifact = Store(tmp_path).artifact(ArtifactSpec(kind="checkpoints", fields={}, backend="blob"))
    with artifact.writer() as writer:
        learn(config, CANDIDATES, corpus(), SEED, Checkpoints(artifact, writer), "cpu", Progress.silent())
    found, expected = Checkpoints(artifact), by_hand()
    for epoch, pools in enumerate(expected):
        for m, pool in pools.items():
            np.testing.assert_allclose(found.arrays(epoch)[f"pools.vectors.{m}"], pool, rtol=0, atol=2e-5)
    assert all(np.abs(expected[-1][m] - expected[0][m]).max() > 1e-3 for m in LABELS)
    assert [found.notes(epoch) for epoch in (1, 2, 3)] == [{"weak": "video"}] * 3


def test_the_rate_swings_down_and_up_again() -> None:
    image = [each["image"] for each in rates(2 * EPOCHS + 1)]
    assert [image[0], image[-1]] == pytest.approx([5e-2, 5e-2]) and image[EPOCHS] == pytest.approx(0, abs=1e-12)
