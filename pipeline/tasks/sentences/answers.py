"""What finished runs say of a user's own files."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.evaluation import TEMPLATE_ENSEMBLE
from pipeline.evaluation.readout import Readout
from pipeline.evaluation.similarity import softmax
from pipeline.methods.label_free.base import Material
from pipeline.methods.label_free.together import TOGETHER
from pipeline.records import RunRecord
from pipeline.tasks.asking import Asking
from pipeline.tasks.sentences.errors import NoChoice
from pipeline.tasks.sentences.licences import restriction
from pipeline.tasks.sentences.published import Answering, answering
from pipeline.tasks.sentences.readouts import candidates_of, cards_of, readouts, require_familiar
from stores import Store

if TYPE_CHECKING:
    from pipeline.classify import Answers
    from pipeline.predictions import Prediction


TOGETHER_TEMPERATURE = 3.0
"""What the assignment's own logits are divided by to be shown: it is sharper than it is right (docs/calibration.md)."""


def answer(store: Store, record: RunRecord, asking: Asking) -> "list[Prediction]":
    """The most probable classes of each file, by what the run publishes; a file that cannot be read has an error instead.

    Args:
        store: where the run's artifacts are.
        record: of the run.
        asking: about which files; its method is another classifier of the run, by its name in the tables.

    Raises:
        NoChoice: other labels or a seed are asked for, or a method that does not answer about single files, or strangers of a
            run that does not know what its files look like.
    """
    from pipeline.classify import predict_files

    if asking.labels or asking.seed is not None:
        raise NoChoice(
            "predict: --labels and --seed are of runs that learn from labelled images; this run learned from "
            "sentences and knows the classes of its recipe. Leave them out; new classes are learned with: "
            "mmpt-pipeline classes add"
        )
    if asking.together and asking.method is not None:
        raise NoChoice("predict: --together starts from the class names and uses no --method. Leave one of them out")
    known = readouts(store, record, asking.method)
    if asking.strangers:
        require_familiar(known)
    answers = {
        m: _together(record, answering(store, record, candidates_of(record), m))
        if asking.together
        else _named(each, asking.strangers)
        for m, each in known.items()
    }
    classifiers = {m: (each.labels, each.vectors) for m, each in known.items()}
    compute = record.recipe.get("cache", {}).get("compute", "float32")
    cards = cards_of(record)
    licence = restriction(record.recipe, cards)
    found = predict_files(
        classifiers, cards, asking.files, device=asking.device, compute=compute, top=asking.top, texts=asking.texts,
        answers=answers,
    )  # fmt: skip
    return [replace(each, licence=licence) for each in found] if licence else found


def _named(found: Readout, strangers: bool) -> "Answers":
    return lambda features: found.named(features, strangers)


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
