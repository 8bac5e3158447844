"""Learning one method with one seed."""

from dataclasses import dataclass
from typing import Any

import torch

from pipeline.encoders.encoder import Encoder
from pipeline.methods.baselines.config import CoCoOpConfig, CoOpConfig, IndependentConfig, VisualPromptConfig
from pipeline.methods.baselines.deep_prompts import IndependentPrompts, VisualPrompts
from pipeline.methods.baselines.text_prompts import CoCoOp, CoOp
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.few_shot.objective import Objective
from pipeline.methods.few_shot.task import ClassTexts, Towers
from pipeline.methods.prompt.config import PromptConfig
from pipeline.methods.prompt.model import ProMPT
from pipeline.tasks.few_shot.batches import ShotBatches
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import cached_inputs, cached_texts
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.fitting import require_a_batch
from pipeline.tasks.few_shot.specs import PIXELS, loop_cut, own_sentences, prompts_spec
from pipeline.tasks.few_shot.timing import TimedBatches, remember_seconds
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import Learned, Schedule, fit
from stores import Artifact

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

    @property
    def trainable(self) -> int:
        """How many numbers are learned."""
        return sum(parameter.numel() for parameter in self.learner.parameters())


def learn(task: BoundFewShot, encoder: Encoder, config: FewShotTraining, seed: int) -> Trained:
    """Learn to the last epoch, from the newest checkpoint; read it back where it is finished.

    Raises:
        FewShotError: the prompts reach deeper than the tower, or there are fewer shots than a batch takes.
    """
    shots = task.shots(seed)
    cut = loop_cut(task, config)
    towers = _towers(task, encoder, cut)
    artifact = task.store.artifact(prompts_spec(task, config, seed, shots))
    learner = _LEARNERS[type(config)](config, towers, task.card.dim, seed).to(task_device(encoder))
    objective = Objective(learner, class_texts(task, encoder, config, shots), getattr(config, "loss_decay", 1.0))
    if not is_learned(task, config, seed, shots):
        inputs = cached_inputs(task, shots.rows, cut, training=True)
        batches = ShotBatches(inputs, torch.tensor(shots.labels), towers, config.batch_size, seed)
        _fit(task, config, objective, batches, artifact)
    task.keep(artifact.spec.fingerprint)
    learned = Checkpoints(artifact).tensors(config.epochs)
    objective.load_state_dict({name: x for name, x in learned.items() if not name.startswith("momentum/")})
    return Trained(learner.eval(), towers, cut, artifact.spec.fingerprint)


def is_learned(task: BoundFewShot, config: FewShotTraining, seed: int, shots: Labelled) -> bool:
    """Whether the last epoch's checkpoint is there."""
    return Checkpoints(task.store.artifact(prompts_spec(task, config, seed, shots))).last_epoch() == config.epochs


def _fit(
    task: BoundFewShot, config: FewShotTraining, objective: Objective, batches: ShotBatches, artifact: Artifact
) -> None:
    require_a_batch(len(batches.labels), config.batch_size)
    group = {"params": list(objective.parameters()), "lr": config.lr}
    group |= {"momentum": config.momentum, "weight_decay": config.weight_decay}
    schedule = Schedule(config.epochs, "dassl")
    timed = TimedBatches(batches, remember_seconds(task, artifact.spec.fingerprint))
    with artifact.writer() as writer:
        fit(objective, Learned([group]), timed, schedule, Checkpoints(artifact, writer), task.progress)


def class_texts(task: BoundFewShot, encoder: Encoder, config: FewShotTraining, found: Labelled) -> ClassTexts:
    """The classes of some files as a method takes them."""
    assert encoder.prompted_text is not None, "towers of the family clip take prompts"
    features = cached_texts(task, task.prompts(found, own_sentences(config)))
    tokens = encoder.prompted_text.classes(found.classes, getattr(config, "full_stop", True))
    return ClassTexts(features.to(task_device(encoder)), tokens)


def task_device(encoder: Encoder) -> torch.device:
    """Where the frozen towers are, and so all else."""
    return encoder.media.device


def _towers(task: BoundFewShot, encoder: Encoder, cut: str | None) -> Towers:
    """The towers; that of images is cut where the method reads them, and pixels are made patches on the way in."""
    image, text = encoder.prompted_image, encoder.prompted_text
    if image is None or text is None:
        raise FewShotError(
            f"few-shot: the towers of '{task.recipe.encoder}' take no prompts: its text tower is not causal, or pools another "
            "token. Take a CLIP of OpenAI's kind, e.g. encoder: clip-vit-b16-openai"
        )
    return Towers(text, image, "patches" if cut == PIXELS else cut or "output")
