"""The training loop of the three miniature encoders, and its log.

Beside the contrastive loss a supervised head, dropped when the weights are written, asks for the classes directly; a
small patch ViT would learn them very late without it.

Dims: b batch, k classes, d shared space.
"""

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from pipeline.miniature.train.clock import working_seconds
from pipeline.miniature.train.losses import contrastive_loss, label_overlap, multi_hot
from pipeline.miniature.train.scores import zero_shot_scores
from pipeline.miniature.train.sentences import draw_sentence
from pipeline.miniature.train.trainee import Example, ExamplePool, Trainee
from pipeline.telemetry.progress import Progress


@dataclass(frozen=True)
class TrainPlan:
    """How long and how fast to learn; times are of the processor (see `clock`)."""

    minutes: float
    seed: int
    batch: int = 128
    rate: float = 1.5e-3
    pool: int = 8192
    fresh_share: float = 0.35
    log_every_s: float = 30.0
    save_every_s: float = 150.0
    judged: int = 432
    easy_share: float = 0.35


def train_encoder(trainee: Trainee, plan: TrainPlan, folder: Path, progress: Progress) -> dict[str, float]:
    """Trains for `plan.minutes`, saving now and then and logging to `folder/build-log.jsonl`.

    Returns:
        The last validation scores, percent.
    """
    rng = np.random.default_rng([plan.seed, 1])
    held_out = np.random.default_rng([plan.seed, 2])
    judged = [trainee.render(trainee.sample(held_out, True), held_out) for _ in range(plan.judged)]
    pool = ExamplePool(lambda r, ease: trainee.render(trainee.sample(r, False, ease), r), plan.pool, rng, progress)
    log = BuildLog(folder / "build-log.jsonl", trainee, plan)
    optimiser = _optimiser(trainee.module, plan.rate)
    clock = working_seconds()
    saved = logged = 0.0
    step = seen = 0
    with progress.task(f"train {trainee.name}", unit="example") as task:
        while (elapsed := clock()) < plan.minutes * 60:
            ease = max(0.0, 1 - elapsed / (plan.easy_share * plan.minutes * 60))
            examples = pool.batch(plan.batch, round(plan.fresh_share * plan.batch), ease)
            parts = _step(trainee, examples, optimiser, _rate(plan, elapsed), rng)
            step, seen = step + 1, seen + len(examples)
            log.add(parts)
            task.advance(len(examples))
            if elapsed - logged > plan.log_every_s:
                task.note(log.write(step, seen, elapsed))
                logged = elapsed
            if elapsed - saved > plan.save_every_s:
                log.scores(step, seen, elapsed, zero_shot_scores(trainee, judged, held_out))
                trainee.save(folder)
                saved = elapsed
    scores = zero_shot_scores(trainee, judged, held_out)
    log.scores(step, seen, clock(), scores)
    trainee.save(folder)
    return scores


class BuildLog:
    """The kept record of a training run, one JSON object a line."""

    def __init__(self, path: Path, trainee: Trainee, plan: TrainPlan):
        """Starts the file anew with the plan and the sizes."""
        self._path = path
        self._sums: dict[str, float] = {}
        self._count = 0
        weights = sum(p.numel() for p in trainee.module.parameters())
        head = {
            "model": trainee.name,
            "parameters_with_heads": weights,
            "threads": torch.get_num_threads(),
            **vars(plan),
        }
        path.write_text(json.dumps(head) + "\n")

    def add(self, parts: dict[str, float]) -> None:
        """Adds one step's losses to the running mean."""
        for name, value in parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._count += 1

    def write(self, step: int, seen: int, elapsed: float) -> str:
        """Writes and clears the running means."""
        means = {name: round(value / max(1, self._count), 4) for name, value in self._sums.items()}
        self._sums, self._count = {}, 0
        self._append({"step": step, "seen": seen, "seconds": round(elapsed, 1), **means})
        return " ".join(f"{name} {value:.3f}" for name, value in means.items())

    def scores(self, step: int, seen: int, elapsed: float, scores: dict[str, float]) -> None:
        """Writes validation scores."""
        self._append({"step": step, "seen": seen, "seconds": round(elapsed, 1), "validation": scores})

    def _append(self, row: dict[str, Any]) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(row) + "\n")


def _step(
    trainee: Trainee,
    examples: Sequence[Example],
    optimiser: torch.optim.Optimizer,
    rate: float,
    rng: Generator,
) -> dict[str, float]:
    trainee.module.train()
    for group in optimiser.param_groups:
        group["lr"] = rate
    captions, named = zip(*(draw_sentence(trainee, example.scene, rng) for example in examples), strict=True)
    with _half_precision(next(trainee.module.parameters()).device):
        media, dense = trainee.embed_media(examples)
        text = trainee.embed_text(captions)
    media, text = media.float(), text.float()
    shown = multi_hot([example.labels for example in examples], trainee.classes).to(media.device)
    told = multi_hot(named, trainee.classes).to(media.device)
    pairs = contrastive_loss(media, text, trainee.scale(), label_overlap(shown, told))
    classes = F.binary_cross_entropy_with_logits(trainee.class_logits(media), shown, reduction="none").sum(1).mean()
    loss = pairs + 0.5 * classes + dense
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(trainee.module.parameters(), 1.0)
    optimiser.step()
    return {
        "pairs": float(pairs.detach()),
        "classes": float(classes.detach()),
        "dense": float(dense.detach()),
    }


@contextmanager
def _half_precision(device: torch.device) -> Iterator[None]:
    """Bfloat16 products where the processor has them, 1.4 to 1.7 times as fast here.

    Attention is written out, because the fused kernel's backward pass in bfloat16 takes six times as long on a CPU.
    """
    if device.type == "cpu" and not torch.cpu._is_avx512_bf16_supported():
        yield
        return
    backends = [SDPBackend.MATH] if device.type == "cpu" else [SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
    with torch.autocast(device.type, dtype=torch.bfloat16), sdpa_kernel(backends):
        yield


def _optimiser(module: nn.Module, rate: float) -> torch.optim.Optimizer:
    decayed = [p for p in module.parameters() if p.ndim > 1]
    plain = [p for p in module.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))


def _rate(plan: TrainPlan, elapsed: float) -> float:
    """Warm-up over the first 3 % of the time, then a cosine to 2 % of the rate."""
    share = elapsed / (plan.minutes * 60)
    if share < 0.03:
        return plan.rate * (0.05 + share / 0.03)
    return plan.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (share - 0.03) / 0.97)))
