"""Everything a report is made of, as plain values: the report reads no store and asks no model.

Dims: N columns of the candidate set, n files of a modality, C its classes, d width of its embedding space.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipeline.alarms import Alarm
from pipeline.datasets.rows import MediaRow
from pipeline.evaluation import EvaluationResult
from pipeline.evaluation.metrics import Bools
from pipeline.evaluation.similarity import Floats
from pipeline.labels.candidates import Column
from pipeline.licences import Licensed
from stores import Artifact


@dataclass(frozen=True)
class Generation:
    """What was written for one modality.

    Attributes:
        queries: asked.
        sentences: parsed from the answers.
        accepted: sentences that passed the filters.
        rejected: reason -> sentences.
        examples: some accepted sentences with their labels.
        refused: some rejected sentences with their reason.
        written: where the sentences come from, in words that go on after "these sentences, ".
    """

    queries: int
    sentences: int
    accepted: int
    rejected: dict[str, int]
    examples: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    written: str = "written by a language model from the class names"


@dataclass(frozen=True)
class RejectedFile:
    """A media file that could not be used."""

    modality: str
    path: str
    reason: str


@dataclass(frozen=True)
class LineageEntry:
    """One artifact behind the figures.

    Attributes:
        kind: e.g. "texts", "features", "checkpoint".
        fingerprint: its name in the workspace.
        what: what it holds, in words.
        parents: fingerprints it was made from.
        rows: rows it holds.
        bytes: size on disk.
    """

    kind: str
    fingerprint: str
    what: str
    parents: tuple[str, ...] = ()
    rows: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class ReportData:
    """The input of `write_report`. Only name, recipe and result are needed; what is empty is left out of the page.

    Attributes:
        recipe_name: names the run.
        recipe_yaml: the recipe as text.
        result: the evaluation.
        curves: name -> one value a logged step: "step", "loss", "intra/<modality>", "inter/<weak>-><strong>",
            "active/<modality>" (fraction of active pairs); NaN where a step has no value.
        snapshots: (step, modality -> prompt pool (N, d)), step 0 first.
        pictures: most snapshots that are shown; of more, as many spread evenly.
        columns: the N columns of the pools.
        media: modality -> its n files.
        features: modality -> (n, d) of the files.
        targets: modality -> (n, C).
        scores: modality -> method -> (n, C).
        generation: modality -> what was written.
        rejected: files that could not be used.
        lineage: artifacts behind the figures.
        facts: e.g. device, seconds of each stage, versions.
        shares: modality -> (n, C) probabilities by the published method, as `predict` tells them, shown with sample files.
        turned: modalities whose pictures were judged as they are meant to be shown, not as they are stored.
        warnings: what is wrong with the run though nothing failed.
        guidance: who was guided by inter-modal learning, and whether it helped.
    """

    recipe_name: str
    recipe_yaml: str
    result: EvaluationResult
    curves: dict[str, list[float]] = field(default_factory=dict)
    snapshots: list[tuple[int, dict[str, Floats]]] = field(default_factory=list)
    pictures: int = 4
    columns: list[Column] = field(default_factory=list)
    media: dict[str, list[MediaRow]] = field(default_factory=dict)
    features: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    targets: dict[str, Bools] = field(default_factory=dict)
    scores: dict[str, dict[str, Floats]] = field(default_factory=dict)
    generation: dict[str, Generation] = field(default_factory=dict)
    rejected: list[RejectedFile] = field(default_factory=list)
    lineage: list[LineageEntry] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    shares: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    turned: frozenset[str] = frozenset()
    warnings: Sequence[Alarm] = ()
    guidance: Sequence[str] = ()
    licences: Sequence[Licensed] = ()


def lineage_entry(what: str, artifact: Artifact) -> LineageEntry:
    """An artifact as the report lists it."""
    spec, shards = artifact.spec, artifact.manifest.shards
    return LineageEntry(
        spec.kind,
        spec.fingerprint,
        what,
        tuple(spec.parents),
        sum(s.rows for s in shards),
        sum(s.size for s in shards),
    )


def as_yaml(recipe: Mapping[str, object]) -> str:
    """A recipe to be read."""
    import yaml

    return yaml.safe_dump(json.loads(json.dumps(recipe)), sort_keys=False, allow_unicode=True)
