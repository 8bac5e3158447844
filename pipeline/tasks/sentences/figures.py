"""The figures of a recipe: what names them, and how they are made of checkpoint and features. Free of torch."""

from collections.abc import Mapping

from pipeline.alarms import listed
from pipeline.evaluation import (
    TAAM_CPT,
    EvaluationResult,
    ExternalScores,
    judge_scores,
    method_scores,
    read_external_scores,
    targets_of,
)
from pipeline.evaluation.calibrate import UNFITTED, with_calibration
from pipeline.evaluation.several import with_several
from pipeline.runs.work import RESULT
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.choosing import chosen_epoch
from pipeline.tasks.sentences.halves import halves
from pipeline.tasks.sentences.judged import Judged, classifiers, held_out, judged, rungs
from pipeline.tasks.sentences.ladder import ladder_units, modality_of
from pipeline.tasks.sentences.lineage import plan_training
from pipeline.tasks.sentences.published import LITERAL
from pipeline.tasks.sentences.surety import Surety, packed, surety, surety_key, unfitted_temperature
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, ArtifactSpec, file_key, fingerprint
from stores.errors import MmptError

EVALUATION_VERSION = 2
"""Raise it when the same scores would give other figures."""


class NotTrained(MmptError):
    """The recipe has no finished checkpoint yet."""


def evaluation_spec(context: BoundSentences, files: Mapping[str, Judged]) -> ArtifactSpec:
    """Everything the figures depend on."""
    config = context.recipe.evaluate
    fields = {
        "version": EVALUATION_VERSION,
        "rows": {m: fingerprint([[r.key, list(r.labels)] for r in f.rows]) for m, f in files.items()},
        "templates": {m: list(context.cards[m].templates) for m in files},
        "ensemble": {m: file_key(path) for m, path in config.ensemble.items() if path.is_file()},
        "temperature": config.temperature,
        "held": {m: share for m in files if (share := context.held_share(m))},
        "familiar": config.familiar,
        "publishes": [context.recipe.ladder.publish, context.recipe.train.preset in LITERAL],
    }
    beside = {m: halves(context, m)[1] for m in files if context.recipe.modalities[m].validation is not None}
    if beside:
        fields["validation"] = {m: fingerprint([[r.key, list(r.labels)] for r in rows]) for m, rows in beside.items()}
    if not context.recipe.ladder.enabled:  # then no files are assigned together that a temperature could be fitted to
        trained = {m: unfitted_temperature(context, m) for m in files}
        fields |= {"unfitted": told} if (told := {m: t for m, t in trained.items() if t != UNFITTED}) else {}
    features = [context.media_features(m).spec.fingerprint for m in files]
    checkpoint = trained_checkpoint(context).spec.fingerprint
    solved = [unit.spec.fingerprint for unit in ladder_units(context) if modality_of(unit.spec) in files]
    return ArtifactSpec(kind="evaluations", fields=fields, parents=(checkpoint, *features, *solved), backend="blob")


def require_solved(context: BoundSentences) -> None:
    """Check that the ladder's rungs are there.

    Raises:
        NotTrained: some are not.
    """
    lacking = [unit.name for unit in ladder_units(context) if not unit.is_finished(context.store)]
    if lacking:
        raise NotTrained(
            f"recipe '{context.recipe.name}' has not solved {', '.join(lacking)}. Do it first: mmpt-pipeline train RECIPE"
        )


def trained_checkpoint(context: BoundSentences) -> Artifact:
    """The checkpoint of this recipe.

    Raises:
        NotTrained: it is not there, or not at its last epoch.
    """
    artifact = context.store.artifact(plan_training(context).spec)
    checkpoints, wanted = Checkpoints(artifact), context.recipe.train.epochs
    if not checkpoints.is_finished(wanted):
        found = checkpoints.last_epoch()
        state = f"stands at epoch {found} of {wanted}" if found is not None else _untrained(context)
        raise NotTrained(f"recipe '{context.recipe.name}' {state}. Train it first: mmpt-pipeline train RECIPE")
    return artifact


def _untrained(context: BoundSentences) -> str:
    """Why there is no checkpoint: nobody learned one, or label files say other names since."""
    record = context.record()
    learned, now = {tuple(each) for each in record.columns}, {(c.modality, c.label) for c in context.candidates.columns}
    if "checkpoint" not in record.artifacts or learned == now:
        return "is not trained"
    changes = [f"{what} {listed(sorted(label for _, label in names))}"
               for what, names in (("has since come by", now - learned), ("has since lost", learned - now)) if names]  # fmt: skip
    return f"is not trained for the classes of today: it {' and '.join(changes)}"


def external_scores(context: BoundSentences, modality: str, found: Judged) -> ExternalScores | None:
    """The external model's scores that the recipe names for a modality, if any."""
    path = context.recipe.evaluate.ensemble.get(modality)
    return None if path is None else read_external_scores(path, found.rows, context.candidates.labels(modality))


def publish_figures(context: BoundSentences) -> None:
    """Judge every modality's files by the learned pools and by both baselines, unless somebody has.

    Raises:
        NotTrained: the recipe is not trained to its last epoch.
        NotCached: some media have no features.
    """
    trained_checkpoint(context)
    files = {modality: judged(context, modality) for modality in context.sources}
    require_solved(context)
    artifact = context.store.artifact(evaluation_spec(context, files))
    if artifact.missing([RESULT]):
        result, sureties = _judge(context, files)
        with artifact.writer() as writer:
            if artifact.missing([RESULT]):
                keys = [RESULT, *(surety_key(modality) for modality in sureties)]
                writer.publish(keys, [result.to_json().encode(), *map(packed, sureties.values())])


def _judge(context: BoundSentences, files: Mapping[str, Judged]) -> tuple[EvaluationResult, dict[str, Surety]]:
    checkpoints = Checkpoints(trained_checkpoint(context))
    results, sureties = [], {}
    for modality, found in files.items():
        labels, vectors = context.candidates.labels(modality), classifiers(context, modality, checkpoints)
        ladder, external = rungs(context, modality), external_scores(context, modality, found)
        scores = method_scores(
            found.features, vectors, external=external, temperature=context.recipe.evaluate.temperature, rungs=ladder
        )
        result = judge_scores(modality, found.rows, labels, scores, external=external, rungs=ladder)
        sureties[modality] = surety(context, modality, found, vectors, ladder)
        targets = targets_of(found.rows, labels)
        result = with_calibration(result, sureties[modality].standard, vectors, scores, targets)
        held, sure = len(held_out(context, modality).rows), sureties[modality]
        if sure.independent is not None or sure.undefined:
            own = scores[ladder.published or TAAM_CPT]
            result = with_several(result, sure.independent, sure.undefined, own, targets, held)
        results.append(result.model_copy(update={"held_out": held}))
    chosen = chosen_epoch(context, checkpoints)
    return EvaluationResult(modalities=tuple(results), chosen_epoch=chosen), sureties
