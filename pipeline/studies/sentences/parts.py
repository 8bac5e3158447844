"""Old and new classes of a run, each judged as a data set of its own: its files, ranked among its classes only.

So does the authors' code, which cuts the scores to the columns of the data set that it judges (TaAM-CPT, Table 9).
"""

from collections.abc import Collection, Mapping

from pipeline.evaluation import ModalityResult, Rungs, evaluate_modality
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.figures import trained_checkpoint
from pipeline.tasks.sentences.judged import classifiers, judged
from pipeline.tasks.sentences.rung_names import kinds
from pipeline.training.checkpoint import Checkpoints

OldClasses = Mapping[str, Collection[str]]
"""Modality -> classes that were there before the others; a modality that is missing is new as a whole."""
PARTS = ("old", "new")
PartResults = Mapping[tuple[str, str], ModalityResult]
"""(part, modality) -> what its classes are among themselves; a part without classes is not there."""


def part_classes(labels: Collection[str], old: Collection[str], part: str) -> list[str]:
    """The classes of one part, in the order of the labels."""
    return [name for name in labels if (name in old) == (part == "old")]


def judge_parts(context: BoundSentences, old: OldClasses) -> PartResults:
    """Judge every part of every modality that has files; nothing is written.

    Args:
        context: of a run that is trained, and whose files are encoded.
        old: tells the parts apart.
    """
    checkpoints, found = Checkpoints(trained_checkpoint(context)), {}
    for modality in context.sources:
        files, labels = judged(context, modality), context.candidates.labels(modality)
        vectors = classifiers(context, modality, checkpoints)
        for part in PARTS:
            chosen = part_classes(labels, old.get(modality, ()), part)
            if chosen:
                places = [labels.index(name) for name in chosen]
                own = {method: rows[places] for method, rows in vectors.items()}
                found[part, modality] = evaluate_modality(
                    modality, files.rows, chosen, files.features, own, rungs=Rungs(kinds=kinds())
                )
    return found
