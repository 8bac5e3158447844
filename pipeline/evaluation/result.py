"""What an evaluation says, as values that can be written and read again.

Every metric is a fraction from 0 to 1; tables show percent. The JSON holds no time and no path, so equal
results are equal bytes.
"""

from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, ValidationError, model_serializer

from pipeline.evaluation.errors import EvaluationError
from pipeline.evaluation.held_out import ChosenEpoch, SeveralClasses
from pipeline.evaluation.value import Value, without

Kind = Literal["zero-shot", "control", "label-free", "trained", "transductive", "external", "ensemble"]
Metric = Literal["top1", "balanced", "top5", "mAP"]
Primary = Literal["top1", "mAP"]
FittedTo = Literal["labels held out", "files assigned together", "nothing"]


class Gain(Value):
    """What a method has more than another on the same files, by the metric that counts.

    Attributes:
        over: the other method.
        difference: of the metrics, a fraction.
        low: lower end of the 95 percent interval, by a paired bootstrap over files.
        high: upper end.
    """

    over: str
    difference: float
    low: float
    high: float


class Calibration(Value):
    """How far the probabilities softmax(cosine / temperature) of a method can be trusted.

    Attributes:
        temperature: changes no answer, only how sure it is.
        fitted_to: what the temperature was fitted to; to "nothing", it is the one that the encoder was trained with.
        files: so many of them.
        error: expected calibration error on the judged files, 15 equal bins, a fraction.
        likelihood: mean negative log-likelihood of their classes, in nats.
        bins: (files, mean confidence, accuracy) of each bin, of the published method only.
    """

    temperature: float
    fitted_to: FittedTo
    files: int
    error: float
    likelihood: float
    bins: tuple[tuple[int, float, float], ...] = ()


class MethodResult(Value):
    """How well one method did on one modality.

    Attributes:
        name: as the tables show it.
        kind: what the method is; a "transductive" one judged all files together.
        metrics: fractions by metric; empty when no row could be judged, or when the method is undefined here.
        accuracy: by class, its recall at each row's number of labels; None without rows.
        average_precision: by class; None without rows.
        note: how an external model's numbers were read.
        published: whether this is what the run answers with.
        undefined: why the method has no answer here; empty where it has one.
        over_zero_shot: against the better zero-shot baseline; None for the baselines.
        over_below: against the rung below on the ladder, the next one that has an answer.
        calibration: of its probabilities; None where files show several classes, and where files are judged together.
    """

    name: str
    kind: Kind
    metrics: dict[Metric, float]
    accuracy: tuple[float | None, ...]
    average_precision: tuple[float | None, ...]
    note: str = ""
    published: bool = False
    undefined: str = ""
    over_zero_shot: Gain | None = None
    over_below: Gain | None = None
    calibration: Calibration | None = None


class ClassSentences(Value):
    """One class's sentences.

    Attributes:
        label: the class.
        sentences: that were kept when they were written or imported, and carry the class.
        dropped: of these, those that the encoder gives to another class.
        examples: (sentence, the class that the encoder gives it to) of a few that were dropped.
    """

    label: str
    sentences: int
    dropped: int
    examples: tuple[tuple[str, str], ...] = ()


class SentencesUsed(Value):
    """What a modality learned from, and what its sentences say for themselves.

    Attributes:
        sentences: in all.
        dropped: those that the encoder gives to another class; nothing learned from them. 0 where the filter is off.
        filtered: whether the filter was on.
        recognised: share of the sentences' classes that the names alone find.
        gained: how many more of them names and the other sentences find.
        error: standard error of that.
        fewest: sentences of the class that has fewest.
        classes: each of them.
    """

    sentences: int
    dropped: int
    filtered: bool
    recognised: float
    gained: float
    error: float
    fewest: int
    classes: tuple[ClassSentences, ...]


class ModalityResult(Value):
    """All methods side by side on one modality's files.

    Attributes:
        modality: "video", "image", "audio" or "text".
        labels: the C classes judged.
        support: files that show each class.
        rows: files judged.
        held_out: files whose labels were used, and that are not judged for that.
        unlabelled: files left out because they carry none of the labels.
        unknown_labels: labels of the files that are not among the classes.
        single_label: whether every judged file shows exactly one class.
        primary: the metric that counts: top-1 for single labels, mAP otherwise.
        methods: in the order of the tables, which is that of the ladder.
        draws: of the bootstrap behind the intervals; 0 where there are none.
        learned_from: what became of the sentences; None in results of older versions, and where nothing was said of it.
        several: thresholds, and how well they name classes; None where files show one, and where none are held out.
    """

    modality: str
    labels: tuple[str, ...]
    support: tuple[int, ...]
    rows: int
    unlabelled: int
    unknown_labels: tuple[str, ...]
    single_label: bool
    primary: Primary
    methods: tuple[MethodResult, ...]
    draws: int = 0
    learned_from: SentencesUsed | None = None
    held_out: int = 0
    several: SeveralClasses | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(write(self), "several")

    @property
    def empty_classes(self) -> list[str]:
        """Classes that no judged file shows; they are left out of the mAP."""
        return [label for label, count in zip(self.labels, self.support, strict=True) if count == 0]

    def method(self, name: str) -> MethodResult:
        """The result of one method.

        Raises:
            EvaluationError: no such method.
        """
        for method in self.methods:
            if method.name == name:
                return method
        found = ", ".join(method.name for method in self.methods)
        raise EvaluationError(f"{self.modality}: no method '{name}' was evaluated. Found: {found}.")

    @property
    def published(self) -> MethodResult | None:
        """What the run answers with; the learned one in results of older versions, None where that was not judged."""
        found = next((method for method in self.methods if method.published and method.metrics), None)
        return found or self.best("trained")

    def best(self, kind: Kind) -> MethodResult | None:
        """The method of a kind with the highest primary metric; None where nothing of the kind was judged."""
        judged = [method for method in self.methods if method.kind == kind and method.metrics]
        return max(judged, key=lambda method: method.metrics[self.primary], default=None)

    def by_class(self, method: MethodResult) -> tuple[float | None, ...]:
        """Per-class figures that go with the primary metric: accuracy or average precision."""
        return method.accuracy if self.primary == "top1" else method.average_precision


class EvaluationResult(Value):
    """The evaluation of a run, one entry a modality.

    Attributes:
        modalities: in the order of the columns.
        chosen_epoch: of the learned prompts; None where the last one answers.
    """

    modalities: tuple[ModalityResult, ...]
    chosen_epoch: ChosenEpoch | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without(write(self), "chosen_epoch")

    @property
    def counts(self) -> dict[str, int]:
        """What the history of a run keeps: how many files were judged."""
        return {"files": sum(modality.rows for modality in self.modalities)}

    def brief(self) -> dict[str, dict[str, dict[Metric, float]]]:
        """Modality -> method -> metrics, without what is told of every class."""
        return {m.modality: {method.name: dict(method.metrics) for method in m.methods} for m in self.modalities}

    def modality(self, name: str) -> ModalityResult | None:
        """The result of one modality, None where it was not judged."""
        return next((result for result in self.modalities if result.modality == name), None)

    def to_json(self) -> str:
        """The result as JSON text; equal results give equal text."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "EvaluationResult":
        """Read what `to_json` wrote.

        Raises:
            EvaluationError: the text is not such a result.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the text"
            raise EvaluationError(
                f"this is not a result of 'mmpt-pipeline evaluate': {where}: {first['msg']}. Evaluate the run again."
            ) from error
