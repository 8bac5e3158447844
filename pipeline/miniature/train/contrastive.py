"""The training loop of the three miniature encoders.

Beside the contrastive loss a supervised head, dropped when the weights are written, asks for the classes directly; a
small patch ViT would learn them very late without it.

Dims: b batch, k classes, d shared space.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import nn
from torch.nn import functional as F

from pipeline.miniature.train.build_log import BuildLog
from pipeline.miniature.train.clock import working_seconds
from pipeline.miniature.train.losses import contrastive_loss, label_overlap, multi_hot
from pipeline.miniature.train.scores import zero_shot_scores
from pipeline.miniature.train.sentences import draw_sentence
from pipeline.miniature.train.steps import adamw, half_precision, rate_at
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
    log = BuildLog(folder / "build-log.jsonl", trainee.name, trainee.module, vars(plan))
    optimiser = adamw(trainee.module, plan.rate)
    clock = working_seconds()
    saved = logged = 0.0
    step = seen = 0
    with progress.task(f"train {trainee.name}", unit="example") as task:
        while (elapsed := clock()) < plan.minutes * 60:
            ease = max(0.0, 1 - elapsed / (plan.easy_share * plan.minutes * 60))
            examples = pool.batch(plan.batch, round(plan.fresh_share * plan.batch), ease)
            parts = _step(trainee, examples, optimiser, rate_at(elapsed / (plan.minutes * 60), plan.rate), rng)
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
    with half_precision(next(trainee.module.parameters()).device):
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
