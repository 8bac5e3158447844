"""What a run has solved, and which of its classifiers it answers with. Free of torch.

C: classes of one modality, d: width of the shared space.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation import TAAM_CPT, SentencesUsed
from pipeline.labels import Candidates
from pipeline.methods.label_free.publishing import COMBINED, Evidence, chosen, combined
from pipeline.methods.label_free.weighed import WEIGHED
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.records import RunRecord
from pipeline.tasks.sentences.ladder import CLASSIFIERS, EPOCH, UNBOUNDED, UNDEFINED, USED
from pipeline.tasks.sentences.rung_names import order
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, Store

LITERAL = ("paper", "code")
"""Presets that repeat what TaAM-CPT's authors ran, and publish what that learned."""


@dataclass(frozen=True)
class Solved:
    """What was solved of one modality's names and sentences.

    Attributes:
        labels: the C classes.
        vectors: rung -> (C, d).
        unbounded: (C, d) what is combined with learned pools.
        undefined: rung -> why it has no answer.
        used: what became of the sentences.
    """

    labels: Sequence[str]
    vectors: Mapping[str, np.ndarray]
    unbounded: np.ndarray
    undefined: Mapping[str, str]
    used: SentencesUsed

    def published(self, wanted: str, preset: str | None) -> str:
        """Name of what is published.

        Args:
            wanted: a name, or "auto"; of one that has no answer here, names and what there is of sentences take the place.
            preset: of TaAM-CPT.
        """
        said = Evidence(self.used.fewest, self.used.recognised, self.used.gained, self.used.error)
        if wanted == "auto":
            return chosen(said, TAAM_CPT, preset in LITERAL)
        return WEIGHED.name if wanted in self.undefined else wanted

    def with_pools(self, names: Mapping[str, np.ndarray], pools: np.ndarray) -> dict[str, np.ndarray]:
        """Every inductive rung, name -> (C, d), in the order of the ladder.

        Args:
            names: the zero-shot baselines.
            pools: (C, d) of the learned prompts.
        """
        found = {**names, **self.vectors, TAAM_CPT: pools, COMBINED: combined(self.unbounded, pools).astype(np.float32)}
        return {name: found[name] for name in order() if name in found}


def read_solved(artifact: Artifact) -> Solved:
    """What a finished artifact of class vectors holds."""
    checkpoints = Checkpoints(artifact)
    tensors, notes = checkpoints.arrays(EPOCH), checkpoints.notes(EPOCH)
    used = SentencesUsed.model_validate_json(notes[USED])
    labels, undefined = artifact.spec.fields["labels"], json.loads(notes[UNDEFINED])
    vectors = {name: tensors[name] for name in tensors if name != UNBOUNDED}
    return Solved(labels, vectors, tensors[UNBOUNDED], undefined, used)


@dataclass(frozen=True)
class Answering:
    """What a finished run can answer with about one modality.

    Attributes:
        vectors: name -> (C, d) class vectors, in the order of the ladder.
        published: the name of what it answers with unless another is asked for.
        undefined: name -> why it has no answer.
    """

    vectors: Mapping[str, np.ndarray]
    published: str
    undefined: Mapping[str, str]


def answering(store: Store, record: RunRecord, candidates: Candidates, modality: str) -> Answering:
    """Read a finished run's classifiers, and find the published one again.

    Args:
        store: where its artifacts are.
        record: of the run.
        candidates: its columns.
        modality: one of its modalities.
    """
    checkpoints = Checkpoints(store.find(record.artifacts["checkpoint"]))
    prompts = class_prompts(checkpoints.arrays(checkpoints.answer()))[modality]
    pools = prompts[candidates.indices(modality)]
    found, ladder = record.artifacts.get(f"{CLASSIFIERS}/{modality}"), record.recipe.get("ladder", {})
    if found is None or not ladder.get("enabled", True):  # all runs were so before there was a ladder
        return Answering({TAAM_CPT: pools}, TAAM_CPT, {})
    artifact = store.find(found)
    solved = read_solved(artifact)
    vectors = solved.with_pools(Checkpoints(artifact).arrays(0), pools)
    wanted, preset = ladder.get("publish", "auto"), record.recipe.get("train", {}).get("preset")
    return Answering(vectors, solved.published(wanted, preset), solved.undefined)
