"""Learning one method with one seed."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch

from pipeline.encoders.encoder import Encoder
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.few_shot.objective import Objective
from pipeline.methods.few_shot.task import ClassTexts, Towers
from pipeline.methods.registry import method_of
from pipeline.run.work import Unit
from pipeline.tasks.few_shot.batches import ShotBatches
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import cached_inputs, cached_texts
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.fitting import require_a_batch, require_trained
from pipeline.tasks.few_shot.specs import PIXELS, loop_cut, own_sentences
from pipeline.tasks.few_shot.timing import TimedBatches, remember_seconds
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import Learned, Schedule, fit


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


def learn(task: BoundFewShot, encoder: Encoder, unit: Unit) -> int:
    """Learn to the last epoch, from the newest checkpoint; returns how many epochs that took now.

    Raises:
        FewShotError: the prompts reach deeper than the tower, there are fewer shots than a batch takes, or the shots are not
            encoded.
    """
    config, shots = unit.config, task.shots(unit.seed)
    require_a_batch(len(shots.labels), config.batch_size)
    objective, towers, cut = _objective(task, encoder, config, unit.seed, shots)
    inputs = cached_inputs(task, shots.rows, cut, training=True)
    batches = ShotBatches(inputs, torch.tensor(shots.labels), towers, config.batch_size, unit.seed)
    group = {"params": list(objective.parameters()), "lr": config.lr}
    group |= {"momentum": config.momentum, "weight_decay": config.weight_decay}
    timed = TimedBatches(batches, remember_seconds(task, unit.spec.fingerprint))
    with task.store.artifact(unit.spec).writer() as writer:
        checkpoints = Checkpoints(task.store.artifact(unit.spec), writer)
        before = checkpoints.last_epoch() or 0
        fit(objective, Learned([group]), timed, Schedule(config.epochs, "dassl"), checkpoints, task.progress)
    return int(config.epochs - before)


def trained(task: BoundFewShot, encoder: Encoder, unit: Unit) -> Trained:
    """A learned method, read back.

    Raises:
        NotTrained: it is not learned to its last epoch.
    """
    require_trained(task, unit)
    config = unit.config
    objective, towers, cut = _objective(task, encoder, config, unit.seed, task.shots(unit.seed))
    load_learned(objective.learner, Checkpoints(task.store.artifact(unit.spec)), config.epochs)
    return Trained(objective.learner, towers, cut, unit.spec.fingerprint)


def _objective(
    task: BoundFewShot, encoder: Encoder, config: FewShotTraining, seed: int, shots: Labelled
) -> tuple[Objective, Towers, str | None]:
    """What is learned, before it is; its frozen towers, and where its images are stored."""
    cut = loop_cut(task, config)
    towers = towers_of(task.recipe.encoder, encoder, cut)
    learner = learner_of(config, towers, task.card.dim, seed).to(task_device(encoder))
    classes = class_texts(task, encoder, config, shots)
    return Objective(learner, classes, method_of(config).loss_decay(config)), towers, cut


def class_texts(task: BoundFewShot, encoder: Encoder, config: FewShotTraining, found: Labelled) -> ClassTexts:
    """The classes of some files as a method takes them."""
    assert encoder.prompted_text is not None, "towers of the family clip take prompts"
    features = cached_texts(task, task.prompts(found, own_sentences(config)))
    tokens = encoder.prompted_text.classes(found.classes, method_of(config).full_stop(config))
    return ClassTexts(features.to(task_device(encoder)), tokens)


def task_device(encoder: Encoder) -> torch.device:
    """Where the frozen towers are, and so all else."""
    return encoder.media.device


def learner_of(config: FewShotTraining, towers: Towers, width: int, seed: int) -> Any:
    """A method before it has learned; `width` is that of the shared space."""
    module, _, name = method_of(config).module.partition(":")
    return getattr(import_module(module), name)(config, towers, width, seed)


def load_learned(learner: torch.nn.Module, checkpoints: Checkpoints, epoch: int) -> None:
    """Give a method what it learned, ready to answer."""
    start = "learner."
    tensors = {name: x for name, x in checkpoints.tensors(epoch).items() if name.startswith(start)}
    learner.load_state_dict({name.removeprefix(start): x for name, x in tensors.items()})
    learner.eval()


def towers_of(name: str, encoder: Encoder, cut: str | None) -> Towers:
    """The towers; that of images is cut where the method reads them, and pixels are made patches on the way in.

    Args:
        name: of the encoder.
        encoder: frozen.
        cut: where images are stored; None for a method that reads features only.

    Raises:
        FewShotError: they take no prompts.
    """
    image, text = encoder.prompted_image, encoder.prompted_text
    if image is None or text is None:
        raise FewShotError(
            f"few-shot: the towers of '{name}' take no prompts: its text tower is not causal, or pools another "
            "token. Take a CLIP of OpenAI's kind, e.g. encoder: clip-vit-b16-openai"
        )
    return Towers(text, image, "patches" if cut == PIXELS else cut or "output")
