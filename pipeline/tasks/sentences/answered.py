"""What a run's published classifiers made of every file that it was judged on, for a comparison with another run."""

import numpy as np

from pipeline.evaluation import TAAM_CPT, method_scores, targets_of
from pipeline.evaluation.beside import Answered, Ranking
from pipeline.evaluation.metrics import best_positive_rank
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.figures import trained_checkpoint
from pipeline.tasks.sentences.judged import classifiers, judged, rungs
from pipeline.training.checkpoint import Checkpoints


def answered(context: BoundSentences) -> dict[str, Answered]:
    """Modality -> top-1 of every file; a ranking where some file shows several of the classes.

    Raises:
        NotTrained: the recipe is not trained to its last epoch.
        NotCached: some media have no features.
    """
    checkpoints, found = Checkpoints(trained_checkpoint(context)), {}
    for modality in context.sources:
        files, labels = judged(context, modality), context.candidates.labels(modality)
        ladder = rungs(context, modality)
        name = ladder.published or TAAM_CPT
        scores = method_scores(files.features, classifiers(context, modality, checkpoints), rungs=ladder)[name]
        targets = targets_of(files.rows, labels)
        kept = np.flatnonzero(targets.any(1))
        keys = [files.rows[i].key for i in kept]
        truth = [sorted(labels[c] for c in np.flatnonzero(targets[i])) for i in kept]
        if (targets[kept].sum(1) == 1).all():
            right = (best_positive_rank(scores[kept], targets[kept]) < 1).astype(np.float64)
            found[modality] = Answered(name, "top-1", keys, truth, right)
        else:
            ranking = Ranking(tuple(labels), scores[kept], targets[kept])
            found[modality] = Answered(name, "mAP", keys, truth, np.zeros(0), ranking)
    return found
