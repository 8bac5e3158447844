"""Who was guided by inter-modal learning, and whether that helped: compared with the same learning without, where it is there.

To learn twice in every run would double its cost, so nothing is learned for the comparison: it is found in the workspace, or the
answer is that it was not measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.evaluation import TAAM_CPT, cosine_scores, targets_of
from pipeline.evaluation.intervals import drawn_metrics, interval
from pipeline.evaluation.metrics import mean_average_precision, top_k_accuracy
from pipeline.evaluation.result import Gain, Primary
from pipeline.evaluation.tables import METRIC_NAMES
from pipeline.methods.taam_cpt.guidance import guidance_told, guided_pairs
from pipeline.methods.taam_cpt.prompts import class_prompts
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.judged import judged
from pipeline.tasks.sentences.lineage import Plan, plan_training, unguided_spec
from pipeline.training.checkpoint import Checkpoints

WITHOUT = f"{TAAM_CPT}, no modality guided"
"""What it is compared with."""


@dataclass(frozen=True)
class Helped:
    """What guidance did for one modality's files.

    Attributes:
        modality: that was guided.
        metric: that counts on its files.
        gain: over the same learning without.
    """

    modality: str
    metric: Primary
    gain: Gain


def guidance(context: BoundSentences) -> list[str]:
    """Sentences about who was guided and whether it helped, for a finished run; none where nobody was guided."""
    plan = plan_training(context)
    checkpoints, config = Checkpoints(context.store.artifact(plan.spec)), context.learning
    found = (checkpoints.notes(epoch).get("weak") for epoch in range(1, checkpoints.answer() + 1))
    weak = list(dict.fromkeys(name for name in found if name))
    if not weak or config.lambda_inter == 0 or len(context.cards) < 2:
        return []
    pairs = [pair for names in weak for pair in guided_pairs(config, names.split(", "), context.candidates.modalities)]
    guided = list(dict.fromkeys(pair[0] for pair in pairs))
    told = [f"Inter-modal learning: {guidance_told(config, ', then '.join(weak))}."]
    twin, measured = compared_with(context), list[Helped | None]()
    if twin is not None:
        without = Checkpoints(context.store.find(twin))
        measured = [_helped(context, m, checkpoints, without) for m in guided if m in context.sources]
    return told + ([_told(each) for each in measured if each is not None] or [_unmeasured(context, plan, guided)])


def compared_with(context: BoundSentences) -> str | None:
    """Fingerprint of the same learning with a weight of 0 for inter-modal learning, where somebody has finished it."""
    if plan_training(context).mode != "scratch":
        return None  # what an extension began with differs, too
    spec = unguided_spec(context)
    found = Checkpoints(context.store.artifact(spec))
    return spec.fingerprint if found.is_finished(context.recipe.train.epochs) else None


def _helped(context: BoundSentences, modality: str, with_it: Checkpoints, without: Checkpoints) -> Helped | None:
    files, labels = judged(context, modality), context.candidates.labels(modality)
    targets = targets_of(files.rows, labels)
    known = targets.any(axis=1)
    if not known.any():
        return None
    targets, metric = targets[known], "top1" if (targets[known].sum(axis=1) == 1).all() else "mAP"
    columns, scores = context.candidates.indices(modality), {}
    for name, each in ((TAAM_CPT, with_it), (WITHOUT, without)):
        pool = class_prompts(each.arrays(each.answer()))[modality][columns]
        scores[name] = cosine_scores(files.features[known], pool)
    ours, other = (
        top_k_accuracy(s, targets, 1) if metric == "top1" else mean_average_precision(s, targets)
        for s in scores.values()
    )
    drawn = drawn_metrics(scores, targets, metric)
    low, high = interval(drawn[TAAM_CPT] - drawn[WITHOUT])
    gain = Gain(over=WITHOUT, difference=ours - other, low=low, high=high)
    return Helped(modality, "top1" if metric == "top1" else "mAP", gain)


def _told(found: Helped) -> str:
    gain = found.gain
    points = f"{100 * gain.difference:+.1f} points of {METRIC_NAMES[found.metric]}"
    figures = f"{points} ({100 * gain.low:+.1f} to {100 * gain.high:+.1f})"
    word = "helps" if gain.low > 0 else "hurts" if gain.high < 0 else "does not measurably help"
    return f"It {word} {found.modality}: {TAAM_CPT} has {figures} against the same learning with nobody guided."


def _unmeasured(context: BoundSentences, plan: Plan, guided: Sequence[str]) -> str:
    names = " and ".join(guided)
    if not any(m in context.sources for m in guided):
        return f"Whether it helps {names} was not measured: there are no such files."
    if plan.mode != "scratch":
        return f"Whether it helps {names} was not measured: the run extends an earlier one."
    return (
        f"Whether it helps {names} was not measured, for that takes learning once more without it: run the recipe in the same "
        "workspace under another name with train: {lambda_inter: 0}, then draw this report again."
    )
