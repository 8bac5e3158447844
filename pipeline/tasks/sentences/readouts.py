"""The classifiers of finished runs as plain arrays. Free of torch."""

from pipeline.encoders.cards import EncoderCard, Score
from pipeline.evaluation.readout import Readout
from pipeline.evaluation.result import Calibration, EvaluationResult
from pipeline.labels import Candidates, Column
from pipeline.methods.label_free.registry import transductive
from pipeline.records import RunRecord
from pipeline.runs.work import RESULT
from pipeline.tasks.sentences.decoding import card_of
from pipeline.tasks.sentences.errors import NoChoice
from pipeline.tasks.sentences.published import Answering, answering
from pipeline.tasks.sentences.surety import surety_key, unpacked
from stores import Artifact, Store


def candidates_of(record: RunRecord) -> Candidates:
    """The classes of a run, modality by modality."""
    return Candidates(tuple(Column(modality, label) for modality, label in record.columns))


def cards_of(record: RunRecord) -> dict[str, EncoderCard]:
    """The encoders of a run, by modality."""
    preset = record.recipe.get("train", {}).get("preset")
    asked = {modality: record.recipe["modalities"][modality] for modality in candidates_of(record).modalities}
    return {m: card_of(m, config["encoder"], config.get("media", {}), preset) for m, config in asked.items()}


def readouts(store: Store, record: RunRecord, method: str | None = None) -> dict[str, Readout]:
    """What a run answers with, by modality.

    Args:
        store: where its artifacts are.
        record: of the run.
        method: another classifier than the published one, by its name in the tables.

    Raises:
        NoChoice: the run has no such classifier.
    """
    candidates, cards = candidates_of(record), cards_of(record)
    artifact = store.find(record.artifacts["evaluation"]) if "evaluation" in record.artifacts else None
    found = {}
    for modality, card in cards.items():
        there = answering(store, record, candidates, modality)
        name = _name(modality, there, method)
        found[modality] = _readout(modality, candidates, there, name, card, artifact)
    return found


def require_familiar(known: dict[str, Readout]) -> None:
    """Check that strangers can be told from a run's own files.

    Raises:
        NoChoice: of some modality it is not known what those look like.
    """
    for modality, found in known.items():
        if found.familiar is None:
            raise NoChoice(
                f"predict: --none-of-these needs to know what {modality} files of the classes look like, and this run judged too "
                "few of them, or files that show several classes. Give it files under data:, then: mmpt-pipeline run RECIPE"
            )


def _readout(
    modality: str, candidates: Candidates, there: Answering, name: str, card: EncoderCard, artifact: Artifact | None
) -> Readout:
    """Probabilities at the temperature that the evaluation tells; without one as the encoder's card says."""
    familiar = independent = None
    score = card.score
    calibration = _calibration(artifact, modality, name)
    if artifact is not None and not artifact.missing([surety_key(modality)]):
        familiar, independent = unpacked(artifact.blob(surety_key(modality)))
    if calibration:
        score = Score("softmax", 1 / calibration.temperature)
    several = independent if name == there.published else None
    return Readout(name, card, candidates.labels(modality), there.vectors[name], score, several, familiar)


def _calibration(artifact: Artifact | None, modality: str, name: str) -> Calibration | None:
    if artifact is None:
        return None
    judged = EvaluationResult.from_json(artifact.blob(RESULT).decode()).modality(modality)
    return next((method.calibration for method in judged.methods if method.name == name), None) if judged else None


def _name(modality: str, found: Answering, method: str | None) -> str:
    """The classifier that is asked for, or the published one."""
    name = method or found.published
    if name in found.vectors:
        return name
    why = found.undefined.get(name, "") or f"{modality} has no such classifier"
    if name in [rung.name for rung in transductive()]:
        why = "it judges files together; do that with: predict --together"
    raise NoChoice(f"predict: --method '{name}': {why}. Allowed are {', '.join(found.vectors)}")
