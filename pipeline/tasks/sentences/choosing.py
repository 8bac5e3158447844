"""Which epoch answers where some labels may be used: the one whose prompts are best on files that are held out. Free of torch.

n: held-out files, N: columns, C: classes of one modality, d: width of the shared space.
"""

from collections.abc import Callable, Mapping
from statistics import fmean

import numpy as np

from pipeline.evaluation import cosine_scores, targets_of
from pipeline.evaluation.held_out import ChosenEpoch
from pipeline.evaluation.metrics import mean_average_precision, top_k_accuracy
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.halves import chosen_on
from pipeline.tasks.sentences.judged import held_out
from pipeline.training.checkpoint import Checkpoints


def held_out_figure(context: BoundSentences) -> Callable[[Mapping[str, np.ndarray]], float] | None:
    """Of class prompts (N, d) a modality: their mean figure over the modalities with held-out files; None without such files.

    A modality's figure is top-1 where each of its files shows one class, else the mAP. Files that are judged are not looked at.

    Raises:
        NotCached: held-out files have no features yet.
    """
    files = {m: held_out(context, m) for m in chosen_on(context)}
    if not files:
        return None
    columns = {m: context.candidates.indices(m) for m in files}
    targets = {m: targets_of(found.rows, context.candidates.labels(m)) for m, found in files.items()}
    known = {m: shown.any(axis=1) for m, shown in targets.items()}

    def figure(prompts: Mapping[str, np.ndarray]) -> float:
        return fmean(
            _figure(cosine_scores(files[m].features[known[m]], prompts[m][columns[m]]), targets[m][known[m]])
            for m in files
        )

    return figure


def chosen_epoch(context: BoundSentences, checkpoints: Checkpoints) -> ChosenEpoch | None:
    """The epoch that answers, and of how many it is; None where no files tell, so that the last one does."""
    files = {m: held_out(context, m) for m in chosen_on(context)}
    known = {
        m: int(targets_of(found.rows, context.candidates.labels(m)).any(axis=1).sum()) for m, found in files.items()
    }
    if not known:
        return None
    return ChosenEpoch(epoch=checkpoints.answer(), epochs=context.recipe.train.epochs, files=known)


def _figure(scores: np.ndarray, targets: np.ndarray) -> float:
    single = bool((targets.sum(axis=1) == 1).all())
    return top_k_accuracy(scores, targets, 1) if single else mean_average_precision(scores, targets)
