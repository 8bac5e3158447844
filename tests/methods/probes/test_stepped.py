"""Probes that learn step by step: their losses and slopes by formulas of their own, and whole runs against plain loops."""

from pathlib import Path

import numpy as np
import torch
from shots_world import NAMES, SCALE, WIDTH, begun, examples, softmax, texts, unit

from pipeline.methods.few_shot.objective import Objective
from pipeline.methods.few_shot.task import Examples, Shots
from pipeline.telemetry.progress import Progress
from pipeline.training.checkpoint import Checkpoints
from pipeline.training.loop import fit, learned_of
from pipeline.training.schedules import lr_factor
from stores import ArtifactSpec, Store

CLASSES, EPOCHS = len(NAMES), 5


class Whole:
    """All images at once, view by view."""

    def __init__(self, given: Examples):
        self._given = given

    def __len__(self) -> int:
        return 1

    def epoch(self, epoch: int):  # noqa: ANN201
        features = self._given.features
        yield Shots(features[:, (epoch - 1) % features.shape[1]], {}, self._given.labels)


def run(folder: Path, objective: Objective, given: Examples) -> np.ndarray:
    """Learn as the method says; returns its parameter."""
    how, artifact = (
        objective.learner.config.fit,
        Store(folder).artifact(ArtifactSpec(kind="prompts", fields={}, backend="blob")),
    )
    with artifact.writer() as writer:
        checkpoints = Checkpoints(artifact, writer)
        fit(objective, learned_of(objective, how), Whole(given), how, checkpoints, Progress.silent())
    assert checkpoints.answer() == EPOCHS and checkpoints.is_finished(EPOCHS)
    ((_, parameter),) = objective.named_parameters()
    return parameter.detach().numpy()


def view(given: Examples, epoch: int) -> tuple[np.ndarray, np.ndarray]:
    """(unit features, one-hot labels) of an epoch, counted from 0."""
    return unit(given.features.numpy()[:, epoch % given.features.shape[1]]), np.eye(CLASSES)[given.labels.numpy()]


class AdamW:
    """Loshchilov and Hutter's algorithm 2."""

    def __init__(self, eps: float):
        self.m = self.v = 0.0
        self.t, self.eps = 0, eps

    def step(self, w: np.ndarray, g: np.ndarray, rate: float) -> np.ndarray:
        self.t, self.m, self.v = self.t + 1, 0.9 * self.m + 0.1 * g, 0.999 * self.v + 0.001 * g**2
        m, v = self.m / (1 - 0.9**self.t), self.v / (1 - 0.999**self.t)
        return w - rate * 0.01 * w - rate * m / (np.sqrt(v) + self.eps)


def test_tip_adapter_f_learns_its_keys(tmp_path: Path) -> None:
    """dL/dF_j = sum_i sum_k (softmax - one hot)_ik / n * alpha [label_j = k] beta exp(-beta (1 - f_i F_j)) f_i."""
    given, alpha, beta = examples(noise=2), 1.5, 2.0
    found = run(tmp_path, begun("tip-adapter-f", given, alpha=alpha, beta=beta, epochs=EPOCHS), given)
    keys = unit(unit(given.features.numpy()).mean(1))
    marks, t, optimiser = np.eye(CLASSES)[given.labels.numpy()], unit(texts().features.numpy()), AdamW(1e-4)
    for epoch in range(EPOCHS):
        f, true = view(given, epoch)
        near = np.exp(-beta * (1 - f @ keys.T))
        wrong = (softmax(SCALE * f @ t.T + alpha * near @ marks) - true) / len(f)
        slope = (alpha * beta * near * (wrong @ marks.T)).T @ f
        keys = optimiser.step(keys, slope, 1e-3 * lr_factor("cosine", epoch, EPOCHS, EPOCHS))
    np.testing.assert_allclose(found, keys, rtol=0, atol=1e-8)


def test_the_class_adaptive_probe_is_pulled_back_as_its_text_is_right(tmp_path: Path) -> None:
    """d cos(f, w) / dw = (f - cos w / |w|) / |w|, and 2 lambda_c (w_c - t_c) / K of the pull."""
    given = examples(noise=2)
    objective = begun("class-adaptive", given, epochs=EPOCHS)
    t, labels = texts().features.numpy(), given.labels.numpy()
    trust = np.zeros(CLASSES)
    for k in range(CLASSES):
        rows = unit(given.features.numpy()[labels == k]).reshape(-1, WIDTH)
        trust[k] = softmax(SCALE * rows @ unit(t).T)[:, k].mean()
    np.testing.assert_allclose(objective.learner.trust.numpy(), trust, rtol=0, atol=1e-12)
    found = run(tmp_path, objective, given)
    w, velocity = t.copy(), 0.0
    for epoch in range(EPOCHS):
        f, true = view(given, epoch)
        length = np.linalg.norm(w, axis=1)[:, None]
        cosine = f @ (w / length).T
        wrong = SCALE * (softmax(SCALE * cosine) - true) / len(f)
        slope = (wrong.T @ f - (wrong * cosine).sum(0)[:, None] * w / length) / length
        slope += 2 * trust[:, None] * (w - t) / CLASSES
        velocity = 0.9 * velocity + slope + 5e-4 * w
        w = w - 0.1 * lr_factor("cosine", epoch, EPOCHS, EPOCHS) * velocity
    np.testing.assert_allclose(found, w, rtol=0, atol=1e-8)


def test_the_cross_modal_probe_takes_texts_for_examples(tmp_path: Path) -> None:
    given = examples(noise=2)
    found = run(tmp_path, begun("cross-modal", given, epochs=EPOCHS), given)
    t = unit(texts().features.numpy())
    w, optimiser = t.copy(), AdamW(1e-8)
    for epoch in range(EPOCHS):
        f, true = view(given, epoch)
        slope = SCALE * ((softmax(SCALE * f @ w.T) - true) / len(f)).T @ f
        slope += SCALE * ((softmax(SCALE * t @ w.T) - np.eye(CLASSES)) / CLASSES).T @ t
        w = optimiser.step(w, slope, 1e-3 * lr_factor("cosine", epoch, EPOCHS, EPOCHS))
    np.testing.assert_allclose(found, w, rtol=0, atol=1e-8)


def test_where_texts_are_wrong_the_images_set_it_right(tmp_path: Path) -> None:
    """The texts of two classes are exchanged; every probe learns whose images are whose."""
    given = examples(noise=0.2)
    swapped = Examples(given.features, torch.tensor([1, 0, 2, 3])[given.labels])
    for number, method in enumerate(("tip-adapter-f", "class-adaptive", "cross-modal")):
        options = {"tip-adapter-f": {"alpha": 5.0, "beta": 5.0}, "class-adaptive": {"lr": 3.0}}.get(method, {})
        objective = begun(method, swapped, **{"epochs": EPOCHS, "lr": 0.1, **options})
        before = right(objective, swapped)
        run(tmp_path / str(number), objective, swapped)
        assert before <= 0.5 and right(objective, swapped) == 1, method


def right(objective: Objective, given: Examples) -> float:
    asked = Shots(given.features.mean(1), {}, given.labels)
    with torch.no_grad():
        return float((objective.learner(asked, texts())[-1].argmax(-1) == given.labels).double().mean())
