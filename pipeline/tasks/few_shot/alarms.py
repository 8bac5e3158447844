"""Alarms of runs that learn from labelled images, stage by stage. There are no sentences, so none is about them."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.alarms import Alarm
from pipeline.alarms.below import below_zero_shot
from pipeline.alarms.cut_off import cut_off
from pipeline.alarms.names_alike import names_alike
from pipeline.caching.overlong import overlong_texts
from pipeline.tasks.few_shot.bound import HALVES, BoundFewShot
from pipeline.tasks.few_shot.recipe import ZERO_SHOT
from pipeline.tasks.few_shot.result import FewShotResult
from pipeline.tasks.few_shot.specs import sentences_spec
from pipeline.tasks.few_shot.work import SENTENCES, inputs
from stores import text_key


def alarms(task: BoundFewShot, stage: str, found: Any) -> Iterator[Alarm]:
    """What is wrong with what a stage left."""
    if stage == "cache":
        yield from _cut_off(task)
        yield from _names_alike(task)
    if stage == "evaluate":
        yield from _below(task, found)


def _cut_off(task: BoundFewShot) -> Iterator[Alarm]:
    texts = next(each.texts for each in inputs(task) if each.name == SENTENCES)
    found = overlong_texts(task.store, sentences_spec(task), texts)
    remedy = "shorten the class names that they hold, where the data set lists them; then: mmpt-pipeline run RECIPE"
    yield from cut_off("image", "class names in their sentences", found.texts, len(texts), found.limit, remedy)


def _names_alike(task: BoundFewShot) -> Iterator[Alarm]:
    """Of every data set, or half of one, among its own names: those that are one to the encoder, for images teach the others."""
    features = task.store.artifact(sentences_spec(task))
    remedy = "say in the data set's class names what tells them apart (crane bird, crane machine); then: mmpt-pipeline run RECIPE"
    told: set[tuple[str, ...]] = set()
    for name in task.test_sets:
        exam = task.judged(name)
        vectors = features.arrays([text_key(text) for text in task.prompts(exam, True)])["vectors"].astype(np.float32)
        nothing = np.zeros(vectors.shape, np.float32), [0] * len(vectors)
        for alarm in names_alike("image", exam.classes, vectors, *nothing, task.card.name, remedy, share=0.0):
            if alarm.classes not in told:
                told.add(alarm.classes)
                yield alarm


def _below(task: BoundFewShot, result: FewShotResult) -> Iterator[Alarm]:
    """The method that the recipe publishes, by the figure that counts: that of both halves, or of its own data set."""
    recipe = task.recipe
    name = recipe.publish.method if recipe.publish else next(iter(recipe.methods))
    what, ours, zero_shot = _figure(task, result, name)
    files = min(len(task.judged(exam).rows) for exam in task.test_sets[: 2 if recipe.classes == "base" else 1])
    remedy = (
        f"take more shots (shots: {2 * recipe.shots}), learn fewer epochs, or publish another method of the table: "
        f"publish: {{method: {_best(task, result)}}}; then: mmpt-pipeline run RECIPE"
    )
    yield from below_zero_shot("image", f"{name} ({what})", ours, ZERO_SHOT, zero_shot, files, remedy)


def _figure(task: BoundFewShot, result: FewShotResult, name: str) -> tuple[str, float, float]:
    if tuple(task.test_sets) == HALVES and not math.isnan(result.means()[name].novel):
        means = result.means()
        return "harmonic mean of base and novel classes", means[name].harmonic, means[ZERO_SHOT].harmonic
    shares = result.accuracies()
    own = task.test_sets[0]
    return f"accuracy on {own}", shares[name][own], shares[ZERO_SHOT][own]


def _best(task: BoundFewShot, result: FewShotResult) -> str:
    """The best method of those that are judged by the same figure, where there are any."""
    figures = {name: _figure(task, result, name) for name in task.recipe.methods}
    first = _figure(task, result, ZERO_SHOT)[0]
    same = [name for name, (what, *_) in figures.items() if what == first]
    return max(same or figures, key=lambda name: figures[name][1])
