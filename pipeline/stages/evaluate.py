"""Stage 4: judge the learned prompts on media, always beside the zero-shot baselines of the same encoder."""

from pipeline.evaluation import EvaluationResult
from pipeline.stages.on_worker import on_worker
from pipeline.tasks.sentences.bound import BoundSentences
from pipeline.tasks.sentences.figures import RESULT, evaluation_spec, judge, trained_checkpoint
from pipeline.tasks.sentences.judged import judged
from pipeline.telemetry.recorded import recorded_stage


@recorded_stage("evaluate", lambda found: {"files": sum(modality.rows for modality in found.modalities)})
@on_worker(device="cpu")
def evaluate(context: BoundSentences) -> EvaluationResult:
    """The result, computed or read back.

    Raises:
        NotTrained: the recipe is not trained to its last epoch.
        NotCached: some media have no features.
    """
    trained_checkpoint(context)
    files = {modality: judged(context, modality) for modality in context.sources}
    artifact = context.store.artifact(evaluation_spec(context, files))
    if artifact.missing([RESULT]):
        result = judge(context, files)
        with artifact.writer() as writer:
            if artifact.missing([RESULT]):
                writer.publish([RESULT], [result.to_json().encode()])
    context.note({"evaluation": artifact.spec.fingerprint})
    return EvaluationResult.from_json(artifact.blob(RESULT).decode())
