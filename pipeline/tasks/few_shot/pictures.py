"""What a report shows of the inside of learned methods, with the recipe's first seed: where it is kept, and reading it back.

Free of torch; `looks` makes it while a run is judged.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.methods.registry import method_of
from pipeline.report.few_shot import AttentionRow, Confidences, Seen
from pipeline.runs.work import Unit
from pipeline.sources.specs import source_artifact, source_name
from pipeline.tasks.few_shot.bound import BoundFewShot
from pipeline.tasks.few_shot.files import Labelled, spread
from pipeline.tasks.few_shot.specs import loop_cut, own_sentences, result_spec, views_of
from pipeline.tasks.few_shot.work import unit_of
from stores import Artifact, ArtifactSpec

VERSION = 1
"""Raise it when the same prompts and images would give other confidences or maps."""

_SURE = 200  # images of a test set: 500 classes and two iterations take as long as 800 images through CoCoOp
_TEST_SETS, _IMAGES = 2, 3  # of the attention figure: six lines fill a screen


def confident_units(task: BoundFewShot) -> list[Unit]:
    """Every method that answers several times."""
    methods = task.recipe.methods.items()
    return [unit_of(task, name, task.recipe.seeds[0]) for name, config in methods if method_of(config).iterates]


def attentive_units(task: BoundFewShot) -> list[Unit]:
    """Every method that puts prompts into the image tower."""
    methods = task.recipe.methods.items()
    return [unit_of(task, name, task.recipe.seeds[0]) for name, config in methods if loop_cut(task, config)]


def sampled(task: BoundFewShot, test_set: str) -> Labelled:
    """The images whose confidences are told."""
    return spread(task.judged(test_set), _SURE)


def shown(task: BoundFewShot) -> Iterator[tuple[str, Labelled]]:
    """Test sets, and the images of which attention is shown."""
    for name in task.test_sets[:_TEST_SETS]:
        yield name, spread(task.judged(name), _IMAGES)


def confidences_of(task: BoundFewShot, unit: Unit, found: Labelled) -> Artifact:
    """What keeps confidences; named like accuracies of these images, which come of the same logits."""
    return _artifact(task, unit, found, "few-shot-confidences", "confidence_version", "parquet")


def attention_of(task: BoundFewShot, unit: Unit, found: Labelled) -> Artifact:
    """What keeps maps of attention."""
    return _artifact(task, unit, found, "few-shot-attention", "attention_version", "hdf5")


def picture_artifacts(task: BoundFewShot) -> list[Artifact]:
    """All of them."""
    sure = [confidences_of(task, u, sampled(task, name)) for u in confident_units(task) for name in task.test_sets]
    return sure + [attention_of(task, u, found) for _, found in shown(task) for u in attentive_units(task)]


def read_pictures(task: BoundFewShot) -> Seen:
    """What was made while the run was judged."""
    sure: dict[str, dict[str, Confidences]] = {}
    for unit in confident_units(task):
        for name in task.test_sets:
            found = sampled(task, name)
            sure.setdefault(unit.method, {})[name] = _confidences(confidences_of(task, unit, found), found)
    units = attentive_units(task)
    attention: list[AttentionRow] = []
    refused = [row for _, found in shown(task) for u in units for row in attention_of(task, u, found).rejected()]
    why_none = f"None can be shown: {refused[0].reason}." if refused else None
    for name, found in shown(task) if units and not refused else ():
        attention += _attention(task, units, name, found)
    shots: dict[str, list[str]] = {}
    for row in task.shots(task.recipe.seeds[0]).rows:
        shots.setdefault(row.labels[0], []).append(row.path)
    return Seen(task.recipe.seeds[0], sure, attention, shots, why_none, task.recipe.modality)


def _artifact(task: BoundFewShot, unit: Unit, found: Labelled, kind: str, version: str, backend: str) -> Artifact:
    cut, own = loop_cut(task, unit.config), own_sentences(unit.config)
    like = result_spec(task, found, own, cut, (unit.spec.fingerprint,))
    fields = {**like.fields, version: VERSION}
    return task.store.artifact(
        ArtifactSpec(kind=kind, fields=fields, parents=like.parents, backend=backend)  # type: ignore[arg-type]
    )


def _confidences(artifact: Artifact, found: Labelled) -> Confidences:
    kept = {row["key"]: row for row in artifact.table().to_pylist()}
    rows = [kept[row.key] for row in found.rows]
    return Confidences(
        classes=found.classes,
        paths=tuple(row.path for row in found.rows),
        labels=np.array(found.labels),
        confidence=np.array([row["confidence"] for row in rows]),
        predicted=np.array([row["predicted"] for row in rows]),
    )


def _attention(task: BoundFewShot, units: list[Unit], test_set: str, chosen: Labelled) -> Iterator[AttentionRow]:
    """A row an image: without prompts, then with those of every iteration of every method."""
    maps: dict[str, NDArray[np.float32]] = {}
    keys = [row.key for row in chosen.rows]
    for unit in units:
        found = attention_of(task, unit, chosen).arrays(keys)["maps"]
        maps.setdefault("no prompts", found[:, 0])
        for n in range(1, found.shape[1]):
            maps[f"{unit.method}, {n}" if found.shape[1] > 2 else unit.method] = found[:, n]
    spec = views_of(task, training=False)
    pictures = np.asarray(task.store.artifact(source_artifact(spec)).arrays(keys)[source_name(spec)])
    for i, row in enumerate(chosen.rows):
        yield AttentionRow(test_set, row.labels[0], pictures[i], {title: each[i] for title, each in maps.items()})
