"""What finished pools say of a user's own files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.labels import Candidates, Column
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.records import RunRecord
from pipeline.tasks.sentences.decoding import card_of
from pipeline.training.checkpoint import Checkpoints
from stores import Store
from stores.errors import MmptError

if TYPE_CHECKING:
    from pipeline.predictions import Prediction


class NoChoice(MmptError):
    """Something was asked for that pools do not have."""


def answer(
    store: Store,
    record: RunRecord,
    files: Sequence[Path],
    device: str,
    top: int,
    labels: Sequence[str],
    texts: Sequence[str] = (),
    **chosen: object,
) -> "list[Prediction]":
    """The most probable classes of each file; a file that cannot be read has an error instead.

    Raises:
        NoChoice: other labels, a method or a seed are asked for.
    """
    from pipeline.predict import predict_files

    if labels or any(value is not None for value in chosen.values()):
        raise NoChoice(
            "predict: --labels, --method and --seed are of runs that learn from labelled images; this run learned from "
            "sentences and knows the classes of its recipe. Leave them out; new classes are learned with: "
            "mmpt-pipeline classes add"
        )
    checkpoints = Checkpoints(store.find(record.artifacts["checkpoint"]))
    candidates = Candidates(tuple(Column(modality, label) for modality, label in record.columns))
    prompts = class_prompts(checkpoints.arrays(checkpoints.answer()))
    classifiers = {m: (candidates.labels(m), prompts[m][candidates.indices(m)]) for m in candidates.modalities}
    asked = {m: record.recipe["modalities"][m] for m in candidates.modalities}
    preset = record.recipe.get("train", {}).get("preset")
    cards = {m: card_of(m, config["encoder"], config.get("media", {}), preset) for m, config in asked.items()}
    compute = record.recipe.get("cache", {}).get("compute", "float32")
    return predict_files(classifiers, cards, files, device=device, compute=compute, top=top, texts=texts)
