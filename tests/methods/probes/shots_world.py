"""A few labelled images whose features are made here, in float64, and the methods that read them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from pipeline.methods.few_shot.features import FeatureLearner
from pipeline.methods.few_shot.objective import Objective
from pipeline.methods.few_shot.task import ClassTexts, Examples, Shots, Towers
from pipeline.methods.registry import methods
from pipeline.tasks.few_shot.learn import learner_of

SCALE, WIDTH, VIEWS = 100.0, 12, 3
NAMES = ("cat", "dog", "sun", "cup")
SEED = 7


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def texts(seed: int = 1, names: tuple[str, ...] = NAMES) -> ClassTexts:
    """Features of the classes, of several lengths; no tokens: nothing here runs a tower."""
    found = rng(seed).normal(size=(len(names), WIDTH)) * rng(seed + 9).uniform(0.5, 3, (len(names), 1))
    return ClassTexts(torch.from_numpy(found), None, names)  # type: ignore[arg-type]


def examples(count: int = 6, noise: float = 0.6, seed: int = 2) -> Examples:
    """`count` images a class, near directions that the texts tell badly; classes stand mixed."""
    draw = rng(seed)
    centres = texts().features.numpy() + draw.normal(size=(len(NAMES), WIDTH))
    labels = np.tile(np.arange(len(NAMES)), count)
    found = centres[labels][:, None] + draw.normal(scale=noise, size=(len(labels), VIEWS, WIDTH))
    return Examples(torch.from_numpy(found), torch.from_numpy(labels))


def shots(count: int = 9, seed: int = 3) -> Shots:
    """Images to be answered about."""
    return Shots(torch.from_numpy(rng(seed).normal(size=(count, WIDTH))), {}, torch.zeros(count, dtype=torch.int64))


def made(method: str, **options: Any) -> FeatureLearner:
    """A method with options, before it has seen anything."""
    config = methods()[method].config(**options)
    towers = Towers(SimpleNamespace(logit_scale=SCALE), None, "output")  # type: ignore[arg-type]
    learner = learner_of(config, towers, WIDTH, SEED)
    learner.names = NAMES
    return learner


def solved(method: str, given: Examples, **options: Any) -> tuple[FeatureLearner, dict[str, str]]:
    """A method that has solved."""
    learner = made(method, **options)
    return learner, learner.solve(given, texts())


def begun(method: str, given: Examples, **options: Any) -> Objective:
    """A method before its first step, with its loss."""
    learner = made(method, **options)
    learner.begin(given, texts())
    return Objective(learner, texts())  # type: ignore[arg-type]


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def softmax(logits: np.ndarray) -> np.ndarray:
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)


def answers(learner: FeatureLearner, asked: Shots, classes: ClassTexts | None = None) -> np.ndarray:
    """Logits as the learner gives them."""
    with torch.no_grad():
        return learner(asked, classes or texts())[-1].numpy()
