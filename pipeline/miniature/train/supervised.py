"""The training loop of the towers that learn classes of pictures and of sounds, without texts: Swin-V2 and HTS-AT.

They play the generic classifiers whose frozen layers CoPL prompts: what they are judged by is a linear probe on frozen features.

Dims: n batch, k classes, d width of the last block.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline.miniature.train.build_log import BuildLog
from pipeline.miniature.train.clock import working_seconds
from pipeline.miniature.train.event_scenes import SHAPES, SOUNDS, Batch, Pool
from pipeline.miniature.train.linear_probe import probe_accuracy
from pipeline.miniature.train.steps import adamw, rate_at
from pipeline.miniature.world.events import SOUND_OF
from pipeline.telemetry.progress import Progress

CLASSES = {"shapes": SHAPES, "sounds": SOUNDS}
_PROBED = {"shapes": tuple(SOUND_OF), "sounds": tuple(SOUND_OF.values())}


@dataclass(frozen=True)
class SupervisedPlan:
    """How long and how fast to learn; times are of the processor (see `clock`).

    Shapes are learned more slowly than sounds, and many small steps take them further than a few large ones.
    """

    minutes: float
    seed: int
    shapes: int = 40
    sounds: int = 8
    rate: float = 2e-3
    pool: int = 3000
    fresh_share: float = 0.3
    easy_share: float = 0.35
    log_every_s: float = 30.0
    save_every_s: float = 150.0
    judged: int = 2000


class Classifier(Protocol):
    """A tower under training; what it learns to name goes through heads that are dropped afterwards."""

    name: str
    kinds: tuple[str, ...]
    width: int
    tower: nn.Module

    def features(self, kind: str, media: Tensor) -> Tensor:
        """Pooled features (n, d) of pictures, uint8 (n, side, side, 3), or of seconds of sound, float (n, samples)."""

    def save(self, folder: Path) -> None:
        """Writes the tower in the layout in which it is loaded."""


def train_classifier(
    classifier: Classifier, plan: SupervisedPlan, folder: Path, progress: Progress
) -> dict[str, float]:
    """Trains for `plan.minutes`, saving now and then and logging to `folder/build-log.jsonl`.

    Returns:
        accuracy of a linear probe on frozen features of media that were held out, percent, by kind of media.
    """
    rng = np.random.default_rng([plan.seed, 1])
    pools = {kind: Pool(kind, plan.pool, rng, progress) for kind in classifier.kinds}
    judged = {
        kind: Pool(kind, plan.judged, np.random.default_rng([plan.seed, 2]), progress, 0.0) for kind in classifier.kinds
    }
    device = next(classifier.tower.parameters()).device
    heads = nn.ModuleDict({kind: nn.Linear(classifier.width, len(CLASSES[kind])) for kind in pools}).to(device)
    module = nn.ModuleDict({"tower": classifier.tower, "heads": heads})
    log = BuildLog(folder / "build-log.jsonl", classifier.name, module, vars(plan))
    optimiser, clock = adamw(module, plan.rate), working_seconds()
    sizes = {"shapes": plan.shapes, "sounds": plan.sounds}
    together = sum(sizes[kind] for kind in pools)
    step = seen = 0
    saved = logged = 0.0
    with progress.task(f"train {classifier.name}", unit="example") as task:
        while (elapsed := clock()) < plan.minutes * 60:
            ease = max(0.0, 1 - elapsed / (plan.easy_share * plan.minutes * 60))
            batches = {
                kind: pool.batch(sizes[kind], round(plan.fresh_share * sizes[kind]), ease)
                for kind, pool in pools.items()
            }
            for group in optimiser.param_groups:
                group["lr"] = rate_at(elapsed / (plan.minutes * 60), plan.rate)
            log.add(_step(classifier, heads, module, batches, optimiser))
            step, seen = step + 1, seen + together
            task.advance(together)
            if elapsed - logged > plan.log_every_s:
                task.note(log.write(step, seen, elapsed))
                logged = elapsed
            if elapsed - saved > plan.save_every_s:
                log.scores(step, seen, elapsed, probe_scores(classifier, judged))
                classifier.save(folder)
                saved = elapsed
    scores = probe_scores(classifier, judged)
    log.scores(step, seen, clock(), scores)
    classifier.save(folder)
    return scores


@torch.no_grad()
def probe_scores(classifier: Classifier, judged: dict[str, Pool]) -> dict[str, float]:
    """Accuracy of a linear probe on frozen features of the classes that clips with events have, percent, by kind of media.

    The probe learns from one half of the media and is judged on the other.
    """
    classifier.tower.eval()
    device = next(classifier.tower.parameters()).device
    scores = {}
    for kind, pool in judged.items():
        whole = pool.all()
        numbers = [CLASSES[kind].index(name) for name in _PROBED[kind]]
        kept = np.isin(whole.labels, numbers)
        media, labels = whole.media[kept], whole.labels[kept]
        features = torch.cat(
            [
                classifier.features(kind, torch.from_numpy(media[i : i + 64]).to(device))
                for i in range(0, len(media), 64)
            ]
        )
        half = len(labels) // 2
        found = features.float().cpu().numpy()
        scores[kind] = round(100 * probe_accuracy((found[:half], labels[:half]), (found[half:], labels[half:])), 2)
    return scores


def _step(
    classifier: Classifier,
    heads: nn.ModuleDict,
    module: nn.Module,
    batches: dict[str, Batch],
    optimiser: torch.optim.Optimizer,
) -> dict[str, float]:
    module.train()
    device = next(classifier.tower.parameters()).device
    losses = {}
    for kind, batch in batches.items():
        logits = heads[kind](classifier.features(kind, torch.from_numpy(batch.media).to(device)))
        losses[kind] = F.cross_entropy(logits, torch.from_numpy(batch.labels).to(device), label_smoothing=0.05)
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(list(losses.values()))
    nn.utils.clip_grad_norm_(module.parameters(), 1.0)
    optimiser.step()
    return {kind: float(loss.detach()) for kind, loss in losses.items()}
