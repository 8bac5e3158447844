"""The work of a few-shot recipe, free of torch: what is encoded, learned and judged."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path

import numpy as np

from pipeline.caching.needs import Input, Need
from pipeline.datasets.rows import MediaRow
from pipeline.methods.base import why_not
from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.methods.registry import method_of
from pipeline.runs.work import Trial, Unit
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.recipe import ZERO_SHOT
from pipeline.tasks.few_shot.specs import (
    bytes_of_tokens,
    loop_cut,
    needs_of,
    own_sentences,
    prompts_spec,
    result_spec,
    sentences_need,
    sizes_of,
)
from pipeline.training.fit import Fit
from stores import ArtifactSpec

SENTENCES = "sentences"
"""The input that holds the class names in their sentences."""
_BYTES_A_RESULT = 100


def inputs(task: BoundFewShot) -> Iterator[Input]:
    """Shots, then test images: pixels, and what the encoder makes of them at each cut that a method reads. Then sentences."""
    shots = [task.shots(seed) for seed in task.recipe.seeds]
    tests = [task.judged(name) for name in task.test_sets]
    yield from _images(task, "shots", shots, training=True)
    yield from _images(task, "test images", tests, training=False)
    kinds = dict.fromkeys([True, *(own_sentences(config) for config in task.recipe.methods.values())])
    wanted = dict.fromkeys(text for each in (*tests, *shots) for own in kinds for text in task.prompts(each, own))
    row = task.card.dim * np.dtype(task.recipe.cache.dtype).itemsize
    yield Input(SENTENCES, SENTENCES, sentences_need(task), texts=list(wanted), row_bytes=row)


def _images(task: BoundFewShot, what: str, found: Sequence[Labelled], training: bool) -> Iterator[Input]:
    rows: dict[str, MediaRow] = {}
    for row in (row for each in found for row in each.rows):
        rows.setdefault(row.key, row)
    if task.recipe.modality != "image":
        yield _features(task, what, list(rows.values()), training)
        return
    cuts = dict.fromkeys(loop_cut(task, config) for config in task.recipe.methods.values())
    needs = dict.fromkeys(need for cut in cuts for need in needs_of(task, cut, training))
    undrawn = " (not drawn yet)" if not all(Path(each.rows[0].path).is_file() for each in found) else ""
    note = f"{task.recipe.views} crops of each{undrawn}" if training else undrawn.strip(" ()")
    for need in needs:
        name = f"{what}, {'pixels' if need.card is None else need.cut}"
        size = _row_bytes(task, need, training)
        yield Input(name, name, need, list(rows.values()), row_bytes=size, note=note, stored=need.card is not None)


def _features(task: BoundFewShot, what: str, rows: Sequence[MediaRow], training: bool) -> Input:
    """What is no image is encoded whole, and once; a text is encoded as one, whether it is learned from or judged."""
    name = f"{'shots' if training else 'test files'}, output"
    ((need,), size) = needs_of(task, None, training), task.card.dim * np.dtype(task.recipe.cache.dtype).itemsize
    if task.card.media is None:
        return Input(name, name, need, texts=[row.path for row in rows], row_bytes=size, labelled=rows)
    return Input(name, name, need, rows, row_bytes=size)


def _row_bytes(task: BoundFewShot, need: Need, training: bool) -> int:
    views = task.recipe.views if training else 1
    if need.card is None:
        assert need.source is not None
        return prod(need.source.shape)
    if need.cut == "output":
        return views * task.card.dim * np.dtype(task.recipe.cache.dtype).itemsize
    return views * bytes_of_tokens(task)


def trainable(task: BoundFewShot, config: FewShotOptions) -> int:
    """How many numbers a method learns."""
    shots = task.shots(task.recipe.seeds[0])
    sizes = replace(sizes_of(task.card), classes=len(shots.classes), images=len(shots.rows))
    return method_of(config).count(config, sizes)


def units(task: BoundFewShot) -> list[Unit]:
    """Every method with every seed."""
    return [unit_of(task, name, seed) for name in task.recipe.methods for seed in task.recipe.seeds]


def unit_of(task: BoundFewShot, name: str, seed: int) -> Unit:
    """One of them; made once."""
    if (name, seed) not in task.units:
        task.units[name, seed] = _unit(task, name, seed)
    return task.units[name, seed]


def _unit(task: BoundFewShot, name: str, seed: int) -> Unit:
    config, count = task.recipe.methods[name], trainable(task, task.recipe.methods[name])
    how = method_of(config).fit(config)
    moments = how.optimiser.moments if isinstance(how, Fit) else 0
    return Unit(
        name=f"few-shot '{task.recipe.name}', {name} with seed {seed}",
        method=name, config=config, seed=seed, spec=prompts_spec(task, config, seed, task.shots(seed)),
        epochs=how.epochs, what=name,
        epoch_bytes=4 * count * (1 + moments),  # what is learned, and what the optimiser keeps beside it
        note=f"epochs of all seeds; {count:,} numbers",
        keep=how.keep if isinstance(how, Fit) else "last",
    )  # fmt: skip


def trials(task: BoundFewShot) -> list[Trial]:
    """Images of all test sets, judged by the frozen encoder, then by every method and seed."""
    return [*zero_shot_trials(task), *(trial for unit in units(task) for trial in unit_trials(task, unit))]


def zero_shot_trials(task: BoundFewShot) -> Iterator[Trial]:
    """Of the frozen encoder with each data set's own sentence."""
    for exam in task.test_sets:
        found = task.judged(exam)
        yield _trial(task, ZERO_SHOT, exam, None, result_spec(task, found, True, None, ()), found)


def unit_trials(task: BoundFewShot, unit: Unit) -> Iterator[Trial]:
    """Of a learned method, on every exam whose classes it can choose among."""
    cut, own = loop_cut(task, unit.config), own_sentences(unit.config)
    for exam in task.test_sets:
        if unanswered(task, unit, exam):
            continue
        found = task.judged(exam)
        yield _trial(task, unit.method, exam, unit, result_spec(task, found, own, cut, (unit.spec.fingerprint,)), found)


def unanswered(task: BoundFewShot, unit: Unit, exam: str) -> str:
    """Why a method gives no answer on an exam; empty where it does."""
    return why_not(method_of(unit.config), task.shots(unit.seed).classes, task.judged(exam).classes)


def _trial(task: BoundFewShot, what: str, exam: str, unit: Unit | None, spec: ArtifactSpec, found: Labelled) -> Trial:
    note = f"{task.files} of all seeds"
    return Trial(what, exam, unit, spec, len(found.rows), _BYTES_A_RESULT, note)
