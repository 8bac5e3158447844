"""Which questions a run has learned from, kept beside its checkpoints: `predict` tells by it what was never asked. No torch."""

from pipeline.datasets.av.questions import kind_name
from pipeline.tasks.av.work import sides_of
from pipeline.tasks.av_questions.asking import Known
from pipeline.tasks.av_questions.bound import BoundAvQuestions
from stores import ArtifactSpec, Store, text_key

ENTRY = "learned questions"
"""What a run's record calls it."""
_KEY = text_key("questions.json")


def known_spec(bound: BoundAvQuestions) -> ArtifactSpec:
    """What holds them: what is asked counts, and nothing that is shown in the clips."""
    fields = {"version": 1, "questions": text_key(_asked(bound).written().decode())}
    return ArtifactSpec(kind="learned-questions", fields=fields, parents=(), backend="blob")


def keep_known(bound: BoundAvQuestions) -> str:
    """Publish them, if they are not there; returns the fingerprint."""
    spec = known_spec(bound)
    artifact = bound.store.artifact(spec)
    if artifact.missing([_KEY]):
        with artifact.writer() as writer:
            if artifact.missing([_KEY]):
                writer.publish([_KEY], [_asked(bound).written()])
    return spec.fingerprint


def read_known(store: Store, fingerprint: str) -> Known:
    """What was kept."""
    return Known.read(store.find(fingerprint).blob(_KEY))


def _asked(bound: BoundAvQuestions) -> Known:
    questions = sides_of(bound).usable(bound.of("train"))
    kinds = {" ".join(question.tokens): kind_name(question.kind) for question in questions}
    return Known(bound.clips.words, bound.clips.longest, kinds)
