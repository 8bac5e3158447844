"""Learning one method with one seed."""

from dataclasses import dataclass
from typing import Any

import torch

from pipeline.encoders.base import Encoder
from pipeline.few_shot.batches import ShotBatches
from pipeline.few_shot.cache import PIXELS, cached_inputs, cached_texts, input_specs, loop_cut
from pipeline.few_shot.recipe import needs_images
from pipeline.few_shot.task import FewShotError, Labelled, Task
from pipeline.methods.baselines.config import CoCoOpConfig, CoOpConfig, IndependentConfig, VisualPromptConfig
from pipeline.methods.baselines.deep_prompts import IndependentPrompts, VisualPrompts
from pipeline.methods.baselines.text_prompts import CoCoOp, CoOp
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.few_shot.objective import Objective
from pipeline.methods.few_shot.task import ClassTexts, Towers
from pipeline.methods.prompt.config import PromptConfig
from pipeline.methods.prompt.model import ProMPT
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import Learned, Schedule, fit
from stores import ArtifactSpec, fingerprint

METHOD_VERSION = 1
"""Raise it when the same shots and options would give other prompts."""

_LEARNERS: dict[type, Any] = {
    PromptConfig: ProMPT,
    CoOpConfig: CoOp,
    CoCoOpConfig: CoCoOp,
    VisualPromptConfig: VisualPrompts,
    IndependentConfig: IndependentPrompts,
}


@dataclass(frozen=True)
class Trained:
    """A learned method.

    Attributes:
        learner: with its towers; ready to be judged.
        towers: frozen.
        cut: where the images that it reads are stored; None if it reads none.
        fingerprint: of its checkpoints.
    """

    learner: torch.nn.Module
    towers: Towers
    cut: str | None
    fingerprint: str


def learn(task: Task, encoder: Encoder, config: FewShotTraining, seed: int) -> Trained:
    """Learn to the last epoch, from the newest checkpoint; read it back where it is finished.

    Raises:
        FewShotError: the prompts reach deeper than the tower, or there are fewer shots than a batch takes.
    """
    shots = task.shots(seed)
    towers, cut = _towers(task, encoder, config)
    inputs = cached_inputs(task, encoder, shots.rows, cut, training=True)
    parents = [spec.fingerprint for spec in input_specs(task, cut, training=True)]
    classes, texts = class_texts(task, encoder, config, shots.classes)
    artifact = task.store.artifact(_spec(task, config, seed, shots, (*parents, texts)))
    learner = _LEARNERS[type(config)](config, towers, task.card.dim, seed).to(task_device(encoder))
    objective = Objective(learner, classes, getattr(config, "loss_decay", 1.0))
    batches = ShotBatches(inputs, torch.tensor(shots.labels), towers, config.batch_size, seed)
    if not len(batches):
        raise FewShotError(
            f"few-shot: {len(shots.rows)} shots do not fill one batch of {config.batch_size}. Lower batch_size, or raise shots"
        )
    group = {"params": list(objective.parameters()), "lr": config.lr}
    group |= {"momentum": config.momentum, "weight_decay": config.weight_decay}
    if Checkpoints(artifact).last_epoch() != config.epochs:
        with artifact.writer() as writer:
            fit(
                objective, Learned([group]), batches, Schedule(config.epochs, "dassl"), Checkpoints(artifact, writer),
                task.progress,
            )  # fmt: skip
    task.keep(artifact.spec.fingerprint)
    learned = Checkpoints(artifact).tensors(config.epochs)
    objective.load_state_dict({name: x for name, x in learned.items() if not name.startswith("momentum/")})
    return Trained(learner.eval(), towers, cut, artifact.spec.fingerprint)


def class_texts(
    task: Task, encoder: Encoder, config: FewShotTraining, classes: tuple[str, ...]
) -> tuple[ClassTexts, str]:
    """The classes as a method takes them, and the fingerprint of their features."""
    assert encoder.prompted_text is not None, "towers of the family clip take prompts"
    own = getattr(config, "templates", "single") == "data-set"
    features, artifact = cached_texts(task, task.prompts(classes, own))
    tokens = encoder.prompted_text.classes(classes, getattr(config, "full_stop", True))
    return ClassTexts(features.to(task_device(encoder)), tokens), artifact


def task_device(encoder: Encoder) -> torch.device:
    """Where the frozen towers are, and so all else."""
    return encoder.media.device


def _towers(task: Task, encoder: Encoder, config: FewShotTraining) -> tuple[Towers, str | None]:
    """The towers, cut where the method's prompts enter, and the cut at which its images are stored."""
    image, text = encoder.prompted_image, encoder.prompted_text
    if image is None or text is None:
        raise FewShotError(
            f"few-shot: the towers of '{task.recipe.encoder}' take no prompts: its text tower is not causal, or pools another "
            "token. Take a CLIP of OpenAI's kind, e.g. encoder: clip-vit-b16-openai"
        )
    if not needs_images(config):
        return Towers(text, image, "output"), None
    blocks, depth = len(image.blocks), getattr(config, "depth", 1)
    if depth > blocks:
        raise FewShotError(
            f"few-shot: {getattr(config, 'method', 'the method')} asks for prompts in {depth} blocks; the image tower of "
            f"'{task.recipe.encoder}' has {blocks}. Write depth: {blocks} or less"
        )
    first = blocks - depth if getattr(config, "late", False) else 0
    cut = loop_cut(task, image, first)
    return Towers(text, image, "patches" if cut == PIXELS else cut), cut


def _spec(task: Task, config: FewShotTraining, seed: int, shots: Labelled, parents: tuple[str, ...]) -> ArtifactSpec:
    pairs = [[row.key, label] for row, label in zip(shots.rows, shots.labels, strict=True)]
    fields = {
        "method_version": METHOD_VERSION,
        "options": config.model_dump(mode="json", exclude={"chunk"}),
        "seed": seed,
        "classes": list(shots.classes),
        "shots": fingerprint(pairs),
    }
    return ArtifactSpec(kind="prompts", fields=fields, parents=parents, backend="blob")
