"""What finished runs say of a user's own files."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.encoders.cards import Score
from pipeline.evaluation import TEMPLATE_ENSEMBLE
from pipeline.evaluation.result import EvaluationResult, MethodResult
from pipeline.evaluation.similarity import cosine_scores, softmax
from pipeline.evaluation.strangers import Familiar
from pipeline.labels import Candidates, Column
from pipeline.methods.label_free.base import Material
from pipeline.methods.label_free.registry import transductive
from pipeline.methods.label_free.together import TOGETHER
from pipeline.records import RunRecord
from pipeline.run.work import RESULT
from pipeline.tasks.sentences.decoding import card_of
from pipeline.tasks.sentences.published import Answering, answering
from pipeline.tasks.sentences.surety import surety_key, unpacked
from stores import Store
from stores.errors import MmptError

if TYPE_CHECKING:
    from pipeline.predict import Answers
    from pipeline.predictions import Prediction


TOGETHER_TEMPERATURE = 3.0
"""What the assignment's own logits are divided by to be shown: it is sharper than it is right (docs/calibration.md)."""


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
    strangers: bool = False,
    together: bool = False,
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
        strangers: whether files that resemble none of the run's own get no class.
        together: whether files of a modality are assigned together instead of one by one.
        chosen: not for runs of this kind.

    Raises:
        NoChoice: other labels or a seed are asked for, or a method that does not answer about single files, or strangers of a
            run that does not know what its files look like.
    """
    from pipeline.predict import predict_files

    if labels or any(value is not None for value in chosen.values()):
        raise NoChoice(
            "predict: --labels and --seed are of runs that learn from labelled images; this run learned from "
            "sentences and knows the classes of its recipe. Leave them out; new classes are learned with: "
            "mmpt-pipeline classes add"
        )
    if together and method is not None:
        raise NoChoice("predict: --together starts from the class names and uses no --method. Leave one of them out")
    candidates = Candidates(tuple(Column(modality, label) for modality, label in record.columns))
    asked = {m: record.recipe["modalities"][m] for m in candidates.modalities}
    preset = record.recipe.get("train", {}).get("preset")
    cards = {m: card_of(m, config["encoder"], config.get("media", {}), preset) for m, config in asked.items()}
    found = {m: answering(store, record, candidates, m) for m in candidates.modalities}
    names = {m: _name(m, each, method) for m, each in found.items()}
    answers = {
        m: _together(record, each) if together else _single(store, record, m, each, names[m], strangers, cards[m].score)
        for m, each in found.items()
    }
    classifiers = {m: (candidates.labels(m), each.vectors[names[m]]) for m, each in found.items()}
    compute = record.recipe.get("cache", {}).get("compute", "float32")
    return predict_files(
        classifiers, cards, files, device=device, compute=compute, top=top, texts=texts, answers=answers
    )


def _name(modality: str, found: Answering, method: str | None) -> str:
    """The classifier that is asked for, or the published one."""
    name = method or found.published
    if name in found.vectors:
        return name
    why = found.undefined.get(name, "") or f"{modality} has no such classifier"
    if name in [rung.name for rung in transductive()]:
        why = "it judges files together; do that with: predict --together"
    raise NoChoice(f"predict: --method '{name}': {why}. Allowed are {', '.join(found.vectors)}")


def _single(
    store: Store, record: RunRecord, modality: str, found: Answering, name: str, strangers: bool, score: Score
) -> "Answers":
    """Probabilities of files one by one, at the temperature that the evaluation tells; without one as the card says."""
    from pipeline.predict import nearest

    artifact = store.find(record.artifacts["evaluation"]) if "evaluation" in record.artifacts else None
    judged = _judged(EvaluationResult.from_json(artifact.blob(RESULT).decode()), modality, name) if artifact else None
    key = surety_key(modality)
    known = artifact is not None and not artifact.missing([key])
    familiar, independent = unpacked(artifact.blob(key)) if artifact is not None and known else (None, None)
    vectors, calibration = found.vectors[name], judged.calibration if judged else None
    if strangers and familiar is None:
        raise NoChoice(
            f"predict: --none-of-these needs to know what {modality} files of the classes look like, and this run judged too few "
            "of them, or files that show several classes. Give it files under data:, then: mmpt-pipeline run RECIPE"
        )
    if independent is not None and name == found.published:

        def several(features: np.ndarray) -> np.ndarray:
            shares = independent.probabilities(cosine_scores(features, vectors))
            return np.where(shares >= independent.thresholds, shares, 0.0)

        return several
    one = nearest(vectors, Score("softmax", 1 / calibration.temperature) if calibration else score)
    return _without_strangers(one, familiar) if strangers and familiar is not None else one


def _without_strangers(answers: "Answers", familiar: Familiar) -> "Answers":
    def told(features: np.ndarray) -> np.ndarray:
        return np.where(familiar.strangers(features)[:, None], 0.0, answers(features))

    return told


def _together(record: RunRecord, found: Answering) -> "Answers":
    """What all files get together; it starts from the class names."""
    prior = record.recipe.get("ladder", {}).get("class_prior", "free")
    names = found.vectors.get(TEMPLATE_ENSEMBLE)
    if names is None:
        raise NoChoice("predict: --together starts from the class names, which this run did not keep. Run it again")

    def answers(features: np.ndarray) -> np.ndarray:
        nothing = Material(
            names=names[None], sentences=np.zeros((0, names.shape[1]), np.float32),
            carries=np.zeros((0, 1), np.int64), media=features, class_prior=prior,
        )  # fmt: skip
        return softmax(TOGETHER.solve(nothing), TOGETHER_TEMPERATURE)

    return answers


def _judged(result: EvaluationResult, modality: str, name: str) -> MethodResult | None:
    found = result.modality(modality)
    return next((method for method in found.methods if method.name == name), None) if found else None
