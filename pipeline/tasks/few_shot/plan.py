"""What a few-shot run would still have to do, told without torch. It writes nothing but the memory of file hashes."""

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path

import numpy as np

from pipeline.encoders.cards.clip import clip_sizes
from pipeline.methods.baselines.config import baseline_numbers
from pipeline.methods.few_shot.config import FewShotTraining
from pipeline.methods.prompt.config import PromptConfig, trainable_numbers
from pipeline.run.work import Step
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.files import Labelled
from pipeline.tasks.few_shot.fitting import require_fitting
from pipeline.tasks.few_shot.specs import (
    RESULT,
    bytes_of_tokens,
    input_specs,
    loop_cut,
    own_sentences,
    prompts_spec,
    result_spec,
    sentences_spec,
    views_of,
)
from pipeline.training.checkpoint import Checkpoints
from stores import ArtifactSpec, text_key

_BYTES_A_RESULT = 100


def plan_few_shot(task: BoundFewShot) -> list[Step]:
    """Every step of the recipe, in order.

    Args:
        task: the recipe; one that draws nothing, so that a plan makes nothing.

    Raises:
        FewShotError: the recipe and the data do not fit.
        DatasetError: a data set is not there.
    """
    require_fitting(task)
    shots = {seed: task.shots(seed) for seed in task.recipe.seeds}
    tests = {name: task.judged(name) for name in task.test_sets}
    steps = [
        *_inputs(task, "shots", list(shots.values()), training=True),
        *_inputs(task, "test images", list(tests.values()), training=False),
        _sentences(task, [*shots.values(), *tests.values()]),
    ]
    learned = {name: _learned(task, name, config, shots) for name, config in task.recipe.methods.items()}
    return [*steps, *learned.values(), *_judged(task, shots, tests)]


def trainable(task: BoundFewShot, config: FewShotTraining) -> int:
    """How many numbers a method learns."""
    sizes = clip_sizes(task.card)
    widths = (task.card.dim, sizes["vision_cfg"]["width"], sizes["text_cfg"]["width"])
    if isinstance(config, PromptConfig):
        return sum(trainable_numbers(config, *widths).values())
    return baseline_numbers(config, *widths)


def _inputs(task: BoundFewShot, what: str, found: Sequence[Labelled], training: bool) -> Iterator[Step]:
    """Pixels, then what the encoder makes of them at each cut that a method reads."""
    keys = list(dict.fromkeys(row.key for each in found for row in each.rows))
    cuts = dict.fromkeys(loop_cut(task, config) for config in task.recipe.methods.values())
    specs = dict.fromkeys(spec for cut in cuts for spec in input_specs(task, cut, training))
    views = task.recipe.views if training else 1
    undrawn = " (not drawn yet)" if not all(Path(each.rows[0].path).is_file() for each in found) else ""
    for spec in specs:
        missing = len(task.store.artifact(spec).missing(keys))
        cut = "pixels" if spec.kind == "sources" else str(spec.fields["cut"])
        rejected = len(set(keys) & {row.key for row in task.store.artifact(spec).rejected()})
        notes = [f"{views} crops of each{undrawn}" if training else undrawn.strip(" ()")]
        notes += [f"{rejected} rejected, which stops a run"] if rejected else []
        yield Step(
            "cache",
            f"{what}, {cut}",
            len(keys),
            missing,
            missing * _row_bytes(task, spec, training),
            "; ".join(filter(None, notes)),
        )


def _row_bytes(task: BoundFewShot, spec: ArtifactSpec, training: bool) -> int:
    views = task.recipe.views if training else 1
    if spec.kind == "sources":
        return prod(views_of(task, training).shape)
    if spec.fields["cut"] == "output":
        return views * task.card.dim * np.dtype(task.recipe.cache.dtype).itemsize
    return views * bytes_of_tokens(task)


def _sentences(task: BoundFewShot, found: Sequence[Labelled]) -> Step:
    kinds = {True, *(own_sentences(config) for config in task.recipe.methods.values())}
    wanted = {text_key(sentence) for each in found for own in kinds for sentence in task.prompts(each, own)}
    missing = len(task.store.artifact(sentences_spec(task)).missing(sorted(wanted)))
    row = task.card.dim * np.dtype(task.recipe.cache.dtype).itemsize
    return Step("cache", "sentences", len(wanted), missing, missing * row)


def _learned(task: BoundFewShot, name: str, config: FewShotTraining, shots: dict[int, Labelled]) -> Step:
    done = 0
    for seed, found in shots.items():
        done += Checkpoints(task.store.artifact(prompts_spec(task, config, seed, found))).last_epoch() or 0
    wanted, count = config.epochs * len(shots), trainable(task, config)
    # What is learned, and as much again for the momentum.
    return Step(
        "learn", name, wanted, wanted - done, (wanted - done) * 8 * count, f"epochs of all seeds; {count:,} numbers"
    )


def _judged(task: BoundFewShot, shots: dict[int, Labelled], tests: dict[str, Labelled]) -> Iterator[Step]:
    """Images of all test sets, judged by every method and seed."""
    yield _judgement(task, "zero-shot", [result_spec(task, found, True, None, ()) for found in tests.values()], tests)
    for name, config in task.recipe.methods.items():
        specs = []
        for seed, found in shots.items():
            prompts = (prompts_spec(task, config, seed, found).fingerprint,)
            cut, own = loop_cut(task, config), own_sentences(config)
            specs += [result_spec(task, test, own, cut, prompts) for test in tests.values()]
        yield _judgement(task, name, specs, tests)


def _judgement(task: BoundFewShot, name: str, specs: Sequence[ArtifactSpec], tests: dict[str, Labelled]) -> Step:
    counts = [len(found.rows) for found in tests.values()]
    missing = [bool(task.store.artifact(spec).missing([RESULT])) for spec in specs]
    images = sum(counts[i % len(counts)] for i, lacks in enumerate(missing) if lacks)
    wanted = sum(counts) * len(specs) // len(counts)
    return Step("judge", name, wanted, images, sum(missing) * _BYTES_A_RESULT, "images of all seeds")
