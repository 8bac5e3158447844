"""The figures of a recipe: what names them, and how they are made of checkpoint and features. Free of torch."""

from collections.abc import Mapping

from pipeline.evaluation import EvaluationResult, ExternalScores, evaluate_modality, read_external_scores
from pipeline.run.work import RESULT
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.judged import Judged, classifiers, judged
from pipeline.tasks.sentences.lineage import plan_training
from pipeline.training.checkpoint import Checkpoints
from stores import Artifact, ArtifactSpec, file_key, fingerprint
from stores.errors import MmptError

EVALUATION_VERSION = 1
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
    }
    features = [context.media_features(m).spec.fingerprint for m in files]
    checkpoint = trained_checkpoint(context).spec.fingerprint
    return ArtifactSpec(kind="evaluations", fields=fields, parents=(checkpoint, *features), backend="blob")


def trained_checkpoint(context: BoundSentences) -> Artifact:
    """The checkpoint of this recipe.

    Raises:
        NotTrained: it is not there, or not at its last epoch.
    """
    artifact = context.store.artifact(plan_training(context).spec)
    checkpoints, wanted = Checkpoints(artifact), context.recipe.train.epochs
    if not checkpoints.is_finished(wanted):
        found = checkpoints.last_epoch()
        state = f"stands at epoch {found} of {wanted}" if found is not None else "is not trained"
        raise NotTrained(f"recipe '{context.recipe.name}' {state}. Train it first: mmpt-pipeline train RECIPE")
    return artifact


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
    artifact = context.store.artifact(evaluation_spec(context, files))
    if artifact.missing([RESULT]):
        result = _judge(context, files)
        with artifact.writer() as writer:
            if artifact.missing([RESULT]):
                writer.publish([RESULT], [result.to_json().encode()])


def _judge(context: BoundSentences, files: Mapping[str, Judged]) -> EvaluationResult:
    checkpoints = Checkpoints(trained_checkpoint(context))
    results = []
    for modality, found in files.items():
        results.append(
            evaluate_modality(
                modality, found.rows, context.candidates.labels(modality), found.features,
                classifiers(context, modality, checkpoints), external=external_scores(context, modality, found),
                temperature=context.recipe.evaluate.temperature,
            )
        )  # fmt: skip
    return EvaluationResult(modalities=tuple(results))
