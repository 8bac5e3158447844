"""Learning one method with one seed."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch

from pipeline.encoders.encoder import Encoder
from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.methods.few_shot.features import FeatureLearner
from pipeline.methods.few_shot.objective import Objective
from pipeline.methods.few_shot.task import ClassTexts, Examples, NoTower, Towers
from pipeline.methods.registry import method_of
from pipeline.runs.timing import TimedBatches, remember_seconds
from pipeline.runs.work import Unit
from pipeline.tasks.few_shot.batches import ShotBatches
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.cache import Inputs, cached_inputs, cached_texts
from pipeline.tasks.few_shot.errors import FewShotError
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.fitting import require_a_batch, require_each_class, require_trained
from pipeline.tasks.few_shot.recipe import FewShotRecipe
from pipeline.tasks.few_shot.specs import PIXELS, loop_cut, own_sentences
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.fit import Fit
from pipeline.training.loop import fit, learned_of


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
    require_a_batch(len(shots.labels), config)
    require_each_class(shots, config)
    how, (objective, towers, cut) = method_of(config).fit(config), _objective(task, encoder, config, unit.seed, shots)
    inputs, labels = cached_inputs(task, shots.rows, cut, training=True), torch.tensor(shots.labels)
    tell = remember_seconds(task, unit.spec.fingerprint)
    with task.store.artifact(unit.spec).writer() as writer:
        checkpoints = Checkpoints(task.store.artifact(unit.spec), writer)
        if isinstance(objective.learner, FeatureLearner):
            objective.learner.names = shots.classes
            objective.learner.begin(_examples(inputs, labels, encoder), objective.classes)
        if isinstance(how, Fit):
            batches = ShotBatches(inputs, labels, towers, how.batch_of(len(labels)), unit.seed)
            timed = TimedBatches(batches, tell)
            return fit(objective, learned_of(objective, how), timed, how, checkpoints, task.progress)
        if not checkpoints.is_finished(how.epochs):
            start = time.perf_counter()
            assert isinstance(objective.learner, FeatureLearner), "what is solved is one of these"
            notes = objective.learner.solve(_examples(inputs, labels, encoder), objective.classes)
            tell(how.epochs, time.perf_counter() - start)
            checkpoints.save_solution(objective.state_dict(), notes)
            return how.epochs
    return 0


def _examples(inputs: Inputs, labels: torch.Tensor, encoder: Encoder) -> Examples:
    return Examples(inputs.features.to(task_device(encoder)), labels.to(task_device(encoder)))


def trained(task: BoundFewShot, encoder: Encoder, unit: Unit) -> Trained:
    """A learned method, read back.

    Raises:
        NotTrained: it is not learned to its last epoch.
    """
    require_trained(task, unit)
    config, shots = unit.config, task.shots(unit.seed)
    objective, towers, cut = _objective(task, encoder, config, unit.seed, shots)
    load_learned(objective.learner, Checkpoints(task.store.artifact(unit.spec)), shots.classes)
    return Trained(objective.learner.to(task_device(encoder)), towers, cut, unit.spec.fingerprint)


def _objective(
    task: BoundFewShot, encoder: Encoder, config: FewShotOptions, seed: int, shots: Labelled
) -> tuple[Objective, Towers, str | None]:
    """What is learned, before it is; its frozen towers, and where its images are stored."""
    cut = loop_cut(task, config)
    towers = towers_of(task.recipe, encoder, cut)
    learner = learner_of(config, towers, task.card.dim, seed).to(task_device(encoder))
    classes = class_texts(task, encoder, config, shots)
    return Objective(learner, classes, method_of(config).loss_decay(config)), towers, cut


def class_texts(task: BoundFewShot, encoder: Encoder, config: FewShotOptions, found: Labelled) -> ClassTexts:
    """The classes of some files as a method takes them."""
    features = cached_texts(task, task.prompts(found, own_sentences(config)))
    return ClassTexts(features.to(task_device(encoder)), tokens_of(encoder, config, found.classes), found.classes)


def tokens_of(encoder: Encoder, config: FewShotOptions, classes: Sequence[str]) -> Any:
    """Class names as tokens that prompts may stand before; None of a text tower that takes none, which nobody runs."""
    text = encoder.prompted_text
    return None if text is None else text.classes(classes, method_of(config).full_stop(config))


def task_device(encoder: Encoder) -> torch.device:
    """Where the frozen towers are, and so all else."""
    return encoder.media.device


def learner_of(config: FewShotOptions, towers: Towers, width: int, seed: int) -> Any:
    """A method before it has learned; `width` is that of the shared space."""
    module, _, name = method_of(config).module.partition(":")
    return getattr(import_module(module), name)(config, towers, width, seed)


def load_learned(learner: torch.nn.Module, checkpoints: Checkpoints, classes: Sequence[str]) -> None:
    """Give a method what it learned of some classes, ready to answer."""
    start = "learner."
    tensors = {name: x for name, x in checkpoints.tensors(checkpoints.answer()).items() if name.startswith(start)}
    if isinstance(learner, FeatureLearner):
        learner.names = tuple(classes)
    learner.load_state_dict({name.removeprefix(start): x for name, x in tensors.items()})
    learner.eval()


def towers_of(recipe: FewShotRecipe, encoder: Encoder, cut: str | None) -> Towers:
    """The towers; that of images is cut where the method reads them, and pixels are made patches on the way in.

    Args:
        recipe: says the modality; what is no image is read by methods that run no tower.
        encoder: frozen.
        cut: where images are stored; None for a method that reads features only.

    Raises:
        FewShotError: they take no prompts.
    """
    if recipe.modality != "image":
        nothing: Any = NoTower(task_device(encoder), encoder.card.score.scale)
        return Towers(nothing, nothing, "output")
    image, text = encoder.prompted_image, encoder.prompted_text
    if image is None or text is None:
        raise FewShotError(
            f"few-shot: the towers of '{recipe.encoder}' take no prompts: its text tower is not causal, or pools another "
            "token. Take a CLIP of OpenAI's kind, e.g. encoder: clip-vit-b16-openai"
        )
    return Towers(text, image, "patches" if cut == PIXELS else cut or "output")
