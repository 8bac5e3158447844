"""What a finished run says of a user's own files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.labels import Candidates, Column
from pipeline.methods.label_free.registry import transductive
from pipeline.records import RunRecord
from pipeline.tasks.sentences.decoding import card_of
from pipeline.tasks.sentences.published import answering
from stores import Store
from stores.errors import MmptError

if TYPE_CHECKING:
    from pipeline.predictions import Prediction


class NoChoice(MmptError):
    """Something was asked for that the run does not have."""


def answer(
    store: Store,
    record: RunRecord,
    files: Sequence[Path],
    device: str,
    top: int,
    labels: Sequence[str],
    texts: Sequence[str] = (),
    method: str | None = None,
    **chosen: object,
) -> "list[Prediction]":
    """The most probable classes of each file, by what the run publishes; a file that cannot be read has an error instead.

    Args:
        store: where the run's artifacts are.
        record: of the run.
        files: to be judged.
        device: where encoders run.
        top: classes a file.
        labels: not for runs of this kind.
        texts: that are judged as they are.
        method: another classifier of the run, by its name in the tables.
        chosen: not for runs of this kind.

    Raises:
        NoChoice: other labels or a seed are asked for, or a method that does not answer about single files.
    """
    from pipeline.predict import predict_files

    if labels or any(value is not None for value in chosen.values()):
        raise NoChoice(
            "predict: --labels and --seed are of runs that learn from labelled images; this run learned from "
            "sentences and knows the classes of its recipe. Leave them out; new classes are learned with: "
            "mmpt-pipeline classes add"
        )
    candidates = Candidates(tuple(Column(modality, label) for modality, label in record.columns))
    asked = {m: record.recipe["modalities"][m] for m in candidates.modalities}
    preset = record.recipe.get("train", {}).get("preset")
    cards = {m: card_of(m, config["encoder"], config.get("media", {}), preset) for m, config in asked.items()}
    classifiers = {
        m: (candidates.labels(m), _vectors(store, record, candidates, m, method)) for m in candidates.modalities
    }
    compute = record.recipe.get("cache", {}).get("compute", "float32")
    return predict_files(classifiers, cards, files, device=device, compute=compute, top=top, texts=texts)


def _vectors(store: Store, record: RunRecord, candidates: Candidates, modality: str, method: str | None) -> np.ndarray:
    """(C, d) of the classifier that is asked for, or of the published one."""
    found = answering(store, record, candidates, modality)
    name = method or found.published
    if name in found.vectors:
        return found.vectors[name]
    together = [rung.name for rung in transductive()]
    why = found.undefined.get(name, "")
    if name in together:
        why = "it judges files together, and only those of the evaluation; it has no answer about single files"
    elif not why:
        why = f"{modality} has no such classifier"
    raise NoChoice(f"predict: --method '{name}': {why}. Allowed are {', '.join(found.vectors)}")
