"""Learning TaAM-CPT's pools: initialise or take over, choose the weak modality, run the loop."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from pipeline.labels import Candidates
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.methods.taam_cpt.model import TaamCpt, TextBatch
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.methods.taam_cpt.texts import MixedBatches, top1_on_texts
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.columns import KnownRows, take_over
from pipeline.training.fit import Fit
from pipeline.training.loop import Learned, fit, learned_of, replay

Tensors = dict[str, torch.Tensor]
Prompts = Mapping[str, np.ndarray]
_BETWEEN = ", "  # names of several weak modalities, as an epoch's notes have them


@dataclass(frozen=True)
class Corpus:
    """What there is to learn from.

    Attributes:
        texts: modality -> sentences.
        held_out: modality -> sentences that only judge which modality is weak.
        class_features: modality -> (N, d) text features of every column's class name.
        known: rows of an earlier run to start from.
    """

    texts: Mapping[str, TextBatch]
    held_out: Mapping[str, TextBatch]
    class_features: Mapping[str, Any]
    known: KnownRows | None = None


@dataclass(frozen=True)
class Prepared:
    """All that the loop takes.

    Attributes:
        model: initialised, with the rows of an earlier run.
        learned: what may move.
        batches: of the corpus.
        how: it is learned, by the options.
        classes: modality -> (N, d) unit text features of every column's class name.
    """

    model: TaamCpt
    learned: Learned
    batches: MixedBatches
    how: Fit
    classes: Mapping[str, torch.Tensor]


def prepare(config: TaamCptConfig, candidates: Candidates, corpus: Corpus, seed: int, device: str) -> Prepared:
    """Everything before the first step; equal arguments make equal pools and batches."""
    classes = {
        m: F.normalize(torch.from_numpy(np.asarray(f, np.float32)), dim=-1) for m, f in corpus.class_features.items()
    }
    model = TaamCpt(config, candidates, {m: f.shape[1] for m, f in classes.items()})
    model.pools.initialise(config.init, seed, classes)
    model.to(device)
    frozen = take_over(model, candidates, corpus.known, "pools.vectors.") if corpus.known else {}
    how = config.fit
    batches = MixedBatches(corpus.texts, config.batch_size, seed)
    return Prepared(model, learned_of(model, how, frozen), batches, how, classes)


def learn(
    config: TaamCptConfig,
    candidates: Candidates,
    corpus: Corpus,
    seed: int,
    checkpoints: Checkpoints,
    device: str,
    progress: Progress,
    figure: Callable[[Prompts], float] | None = None,
) -> None:
    """Learn to the last epoch, resuming from the newest checkpoint.

    Args:
        config: the options.
        candidates: the columns.
        corpus: what there is to learn from.
        seed: of the start and of the batches.
        checkpoints: where epochs are published.
        device: where is learned.
        progress: where losses are shown.
        figure: of class prompts by modality (N, d): how good they are on files that are held out. Then the best epoch
            answers, else the last.
    """
    ready = prepare(config, candidates, corpus, seed, device)
    model = ready.model

    def decide(epoch: int) -> dict[str, str]:
        if config.weak == "auto":
            found = _weakest(model, corpus.held_out, ready.classes if epoch == 1 else None, progress, epoch)
            model.weak = () if found is None else (found,)
        return {"weak": _BETWEEN.join(model.weak)} if model.weak else {}

    def judged() -> float:
        assert figure is not None
        return figure(class_prompts({name: x.detach().cpu().numpy() for name, x in model.state_dict().items()}))

    fit(
        model, ready.learned, ready.batches, ready.how, checkpoints, progress, decide,
        figure=judged if figure is not None else None,
    )  # fmt: skip


def pools_at(ready: Prepared, checkpoints: Checkpoints, steps: Sequence[int]) -> Iterator[tuple[int, Tensors]]:
    """(step, learned tensors after it), by going through the epochs of these steps again; a later step is left out.

    Args:
        ready: what the run learned with.
        checkpoints: of every epoch.
        steps: counted from 1 over all epochs, in order.
    """
    length = len(ready.batches)
    for epoch in range(1, ready.how.epochs + 1):
        inside = [step for step in steps if (epoch - 1) * length < step <= epoch * length]
        if inside:
            weak = checkpoints.notes(epoch).get("weak")
            ready.model.weak = tuple(weak.split(_BETWEEN)) if weak else ()
            before = checkpoints.tensors(epoch - 1)
            yield from replay(ready.model, ready.learned, ready.batches, ready.how, before, epoch, inside)


def _weakest(
    model: TaamCpt,
    held_out: Mapping[str, TextBatch],
    classes: Mapping[str, Any] | None,
    progress: Progress,
    epoch: int,
) -> str | None:
    """The modality with the lowest held-out top-1: by class names before the first epoch, by its prompts later."""
    modalities = model.candidates.modalities
    if len(modalities) < 2:
        return None
    scores = {}
    for m in modalities:
        classifier = model.pools(m).detach() if classes is None else classes[m].to(held_out[m].features.device)
        scores[m] = top1_on_texts(classifier, held_out[m], model.candidates.indices(m))
    weak = min(scores, key=lambda m: math.inf if math.isnan(scores[m]) else scores[m])
    if (weak,) != model.weak:
        shown = ", ".join(f"{m} {score:.1%}" for m, score in scores.items())
        progress.say(f"weak modality from epoch {epoch}: {weak} (held-out top-1: {shown})")
    return weak
