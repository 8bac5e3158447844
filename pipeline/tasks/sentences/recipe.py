"""The shape of a recipe that learns from sentences."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipeline.evaluation import TAAM_CPT
from pipeline.labels import MODALITIES
from pipeline.methods.taam_cpt.config import TaamCptConfig
from pipeline.methods.taam_cpt.guidance import unguided
from pipeline.recipe.data import DataConfig, shows_several
from pipeline.recipe.envelope import Envelope
from pipeline.strict import Strict
from pipeline.tasks.sentences.rung_names import publishable
from pipeline.text.config import GenerateConfig


class ModalityConfig(Strict):
    """One modality: its classes, its frozen encoder, and the media to judge on (optional: texts alone suffice to learn)."""

    labels: str | list[str]
    """The class names: a text file of them, a shipped label set, or a list."""
    encoder: str
    media: dict[str, Any] = {}
    """Decoding other than the encoder's own, e.g. `{sampler: stride, interpolation: bilinear}`, as TaAM-CPT's code does."""
    data: DataConfig | None = None
    """What is judged on; nothing where there is none (docs/datasets.md)."""
    validation: DataConfig | None = None
    """Files that are not judged because their labels are used: epochs are chosen on them, probabilities and thresholds are
    fitted to them. They stand beside `data`, or `data: {hold_out: 0.2}` takes a share of it."""

    @model_validator(mode="after")
    def _validation_is_beside_data(self) -> "ModalityConfig":
        if self.validation is None:
            return self
        if self.data is None:
            raise ValueError(
                "validation names files to choose on, and data none to be judged. Name both, or one folder under data with "
                "hold_out: 0.2"
            )
        if self.data.hold_out or self.validation.hold_out:
            raise ValueError(
                "validation names the files whose labels are used, so nothing else is held out. Leave hold_out out, or validation"
            )
        return self


class EvaluateConfig(Strict):
    """What is measured besides the method and its zero-shot baselines."""

    ensemble: dict[str, Path] = {}
    """Modality -> CSV or Parquet of an external model's scores (columns: path, then one per class), paper section 4.3."""
    temperature: float = Field(0.01, gt=0)
    """Temperature of our softmax in the ensemble; 4.0 * cosine would be nearly flat over hundreds of classes."""
    familiar: float = Field(0.9, gt=0, lt=1)
    """Share of the run's own files that `predict --none-of-these` keeps; the others it would call strangers by mistake."""


class LadderConfig(Strict):
    """The label-free classifiers beside TaAM-CPT, and which one answers (docs/ladder.md)."""

    enabled: bool = True
    """Without it a run judges zero-shot and TaAM-CPT, and publishes TaAM-CPT."""
    class_prior: Literal["free", "uniform"] = "free"
    """Whether classes may be of different sizes among files that are judged together."""
    publish: str = "auto"
    """What `predict` and `refresh` use: chosen by the sentences alone, or the name of a classifier as the tables have it."""

    @field_validator("publish")
    @classmethod
    def _can_be_published(cls, name: str) -> str:
        allowed = ["auto", *publishable()]
        if name not in allowed:
            raise ValueError(f"publish is '{name}'; allowed are {', '.join(allowed)}")
        return name

    @model_validator(mode="after")
    def _is_there(self) -> "LadderConfig":
        if not self.enabled and self.publish not in ("auto", TAAM_CPT):
            raise ValueError(
                f"publish is '{self.publish}', which is not made with enabled: false. Leave one of them out"
            )
        return self


class RefreshConfig(Strict):
    """When a refresh may replace the pools of the run."""

    tolerance: float = Field(0.1, ge=0, le=1)
    """How much an old class may lose: 0.1 is ten points of its accuracy, or of its average precision where files show
    several classes. A class of ten files loses 0.1 by one file."""


class Recipe(Envelope):
    """One whole run, from class names to a report."""

    seed: int = Field(202, ge=0)
    modalities: dict[str, ModalityConfig] = Field(min_length=1)
    """`image`, `video`, `audio` or `text` -> its classes, encoder and media."""
    generate: GenerateConfig = GenerateConfig()
    """How sentences are written (docs/texts.md)."""
    train: TaamCptConfig = Field(default_factory=lambda: TaamCptConfig.model_validate({}))
    """How TaAM-CPT learns."""
    ladder: LadderConfig = LadderConfig()
    """The classifiers beside it, and which one answers (docs/ladder.md)."""
    evaluate: EvaluateConfig = EvaluateConfig()
    """What is measured."""
    refresh: RefreshConfig = RefreshConfig()
    """When new classes are published."""

    # A validator a field, not one for the whole: pydantic then tells these mistakes together with all others.

    @field_validator("modalities")
    @classmethod
    def _known(cls, modalities: dict[str, ModalityConfig]) -> dict[str, ModalityConfig]:
        if problem := unknown_modalities(modalities):
            raise ValueError(problem)
        return modalities

    @field_validator("generate")
    @classmethod
    def _asks_as_files_are_labelled(cls, generate: GenerateConfig, info: ValidationInfo) -> GenerateConfig:
        there: dict[str, ModalityConfig] | None = info.data.get("modalities")
        if there is None or not generate.as_files_are_labelled:
            return generate
        one = {name: 1 for name, config in there.items() if config.data is None or not shows_several(config.data, name)}
        return generate.model_copy(update={"max_labels": {**generate.max_labels, **one}})

    @field_validator("train", mode="before")
    @classmethod
    def _without_video_the_authors_code_guides_nobody(cls, train: Any, info: ValidationInfo) -> Any:
        by_code = isinstance(train, dict) and train.get("preset") == "code" and "weak" not in train
        return {**train, "weak": None} if by_code and "video" not in info.data.get("modalities", ("video",)) else train

    @field_validator("train")
    @classmethod
    def _weak_is_there(cls, train: TaamCptConfig, info: ValidationInfo) -> TaamCptConfig:
        there = info.data.get("modalities")
        if there is not None and (problem := unguided(train, list(there))):
            raise ValueError(problem)
        return train

    @field_validator("evaluate")
    @classmethod
    def _ensemble_is_there(cls, evaluate: EvaluateConfig, info: ValidationInfo) -> EvaluateConfig:
        there = info.data.get("modalities")
        stray = sorted(set(evaluate.ensemble) - set(there)) if there is not None else []
        if stray:
            raise ValueError(f"ensemble names {', '.join(stray)}, which is not under 'modalities'")
        return evaluate


def unknown_modalities(names: Iterable[object]) -> str | None:
    """What is wrong with the names under `modalities`, if anything."""
    unknown = sorted(set(map(str, names)) - set(MODALITIES))
    return f"unknown modality {', '.join(unknown)}; allowed are {', '.join(MODALITIES)}" if unknown else None
