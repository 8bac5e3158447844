"""Options of TaAM-CPT. Where the paper and its authors' code differ, a preset chooses; any field can be set by itself."""

from typing import Any, Literal, get_args

from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator

from pipeline.methods.taam_cpt.presets import PRESETS
from pipeline.strict import Strict
from pipeline.training.fit import Fit, Sgd

Modality = Literal["video", "image", "audio", "text"]
Init = Literal["normal", "ones", "text"]
Prompt = Literal["free", "shared-intra-1024", "shared-intra-512", "shared-inter-512"]

_NAMES_NOTHING = {"preset", "new_classes", "snapshots"}
_LATER: dict[str, Any] = {"strong": None, "both_ways": False, "agreement": False}
"""Options that came later, with what was done before there were any: left so, they stay out of a checkpoint's name."""


def _preset_defaults(schema: dict[str, Any]) -> None:
    """What a preset gives need not be written; shown are those of the first."""
    given = PRESETS["recommended"]
    schema["required"] = [name for name in schema.get("required", ()) if name not in given]
    for name, value in given.items():
        schema["properties"][name]["default"] = value


class LearningRates(Strict):
    """Learning rate of each modality's pool; the defaults are the ones the authors' code really uses.

    Texts, which the paper does not judge, are learned as fast as images and sounds.
    """

    video: float = Field(5e-4, gt=0)
    """Of the pool of videos."""
    image: float = Field(5e-2, gt=0)
    """Of the pool of images."""
    audio: float = Field(5e-2, gt=0)
    """Of the pool of sounds."""
    text: float = Field(5e-2, gt=0)
    """Of the pool of texts."""


class TaamCptConfig(Strict):
    """Everything that decides what TaAM-CPT learns from given texts."""

    model_config = ConfigDict(json_schema_extra=_preset_defaults)

    method: Literal["taam-cpt"] = "taam-cpt"
    preset: Literal["recommended", "paper", "code"] = "recommended"
    """What decides where the paper and its authors' code differ; single options override it."""

    init: Init
    """`normal`: one draw of N(0, 0.02^2), copied to every pool. `ones`: one same unit vector everywhere. `text`: the text
    encoder's embedding of the class names (Table 12)."""
    prompt: Prompt = "free"
    """Table 10: a free vector a class, or vectors of the given width mapped by a linear layer shared within a modality
    (`shared-intra-*`) or by all modalities (`shared-inter-512`)."""
    normalise_prompts: bool
    """Whether class vectors have length 1 where the loss compares them with texts."""
    logit_scale: float = Field(gt=0)
    """What scores are multiplied by in the ranking loss."""
    margin: float = Field(1.0, gt=0)
    """Of the ranking loss: by how much a right class must be ahead of a wrong one."""

    weak: Modality | Literal["auto"] | tuple[Modality, ...] | None = "auto"
    """The modality that the stronger ones guide, or a list of several. `auto`: the one with the lowest held-out score; null: no
    inter-modal loss."""
    strong: tuple[Modality, ...] | None = None
    """The modalities that guide, a name or a list; null: all that are not weak. `weak: video, strong: image` is <I> -> <V>."""
    both_ways: bool = False
    """Whether weak and strong guide each other (Table 8's <->): every pair a second time with its sides exchanged."""
    held_out: float = Field(0.1, gt=0, lt=0.5)
    """Share of the texts kept out of learning to find the weak modality; used by `weak: auto` only."""
    inter_through: Literal["auto", "features", "similarities"] = "auto"
    """What inter-modal learning compares: prompts of two pools by their cosine (`features`, Eq. 7), which needs encoders of one
    width; or how each class resembles the others within its own pool (`similarities`). `auto`: features where widths agree."""
    inter_scale: float = Field(4.6052, gt=0)
    """1/tau of Eq. 7. The code multiplies by CLIP's raw logit_scale, ln(100), without exponentiating it."""
    inter_rows: Literal["matching", "all-strong"]
    """Which rows Eq. 7 sums over: those of classes that a strong text shows, or all of the strong modality's."""
    inter_reduction: Literal["sum", "mean"]
    """Whether Eq. 7 is summed over rows, or their mean."""
    inter_factor: float = Field(gt=0)
    """What the inter-modal loss is multiplied by, besides `lambda_inter`."""
    lambda_intra: float = Field(1.0, ge=0)
    """Weight of the loss within modalities."""
    lambda_inter: float = Field(1.0, ge=0)
    """Weight of the loss between modalities."""

    lr: LearningRates = LearningRates()
    schedule: Literal["cosine", "oscillating", "constant"]
    epochs: int = Field(10, ge=1, le=1_000_000)
    batch_size: int = Field(768, ge=1)

    agreement: bool
    """Whether sentences that the encoder gives to another class are dropped before anything learns from them."""

    snapshots: tuple[int, ...] = ()
    """Steps, counted from 1 over all epochs, after which the pools are kept for the report's pictures too (Figures 5 and 6).
    Nothing that is learned depends on them; they can be asked of a finished run."""
    new_classes: Literal["frozen", "continue", "scratch"] = "frozen"
    """When labels or a modality are added to a finished run (Table 9): learn only the new rows, go on with all, or start
    again."""

    @model_validator(mode="before")
    @classmethod
    def _apply_preset(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {**PRESETS.get(str(data.get("preset")), PRESETS["recommended"]), **data}

    @field_validator("weak", "strong", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any, info: ValidationInfo) -> Any:
        """A list of one means what its one name means, so that it names the same checkpoint."""
        several = info.field_name == "strong"
        alone = () if several else ("auto",)
        named = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else None
        if value is None or not several and value == "auto":
            return value
        if not named or any(name not in get_args(Modality) for name in named) or len(set(named)) < len(named):
            raise ValueError(
                f"{info.field_name} is {value!r}; allowed are {', '.join([*alone, *get_args(Modality)])}, a list of such "
                "modalities, each once, or null"
            )
        return tuple(named) if several or len(named) > 1 else named[0]

    @field_validator("snapshots")
    @classmethod
    def _in_order(cls, steps: tuple[int, ...]) -> tuple[int, ...]:
        if any(step < 1 for step in steps):
            raise ValueError("snapshots are numbers of steps, from 1; the start is always shown")
        return tuple(sorted(set(steps)))

    @model_validator(mode="after")
    def _somebody_guides(self) -> "TaamCptConfig":
        if (self.strong is not None or self.both_ways) and self.weak is None:
            raise ValueError(
                "strong and both_ways say who guides, but weak: null lets nobody be guided. Name weak, or leave them out"
            )
        if self.strong is not None and self.weak == "auto":
            raise ValueError(
                "strong names who guides, so weak must name who is guided: weak: auto may choose one that is strong. "
                "Write e.g. weak: video, or leave strong out"
            )
        unguided = [name for name in self.weak_modalities if self.strong is not None and set(self.strong) <= {name}]
        if unguided:
            raise ValueError(
                f"nobody guides {', '.join(unguided)}: strong names nobody else. Name another modality in strong"
            )
        return self

    @model_validator(mode="after")
    def _text_init_is_free(self) -> "TaamCptConfig":
        if self.init == "text" and self.prompt != "free":
            raise ValueError(
                f"init: text puts class names where free prompts lie; with prompt: {self.prompt} the learned vectors "
                "lie below a linear layer. Write prompt: free, or init: normal"
            )
        return self

    @property
    def fit(self) -> Fit:
        """How the pools are learned: plain gradient descent. A map that all modalities share learns at image's rate."""
        rates = {**self.lr.model_dump(), "": self.lr.image}
        return Fit(Sgd(), rates, self.schedule, self.epochs, self.batch_size)

    @property
    def weak_modalities(self) -> tuple[Modality, ...]:
        """Those that are named weak; none where that is found out, or where nobody is guided."""
        if self.weak is None or self.weak == "auto":
            return ()
        return self.weak if isinstance(self.weak, tuple) else (self.weak,)

    def naming_fields(self) -> dict[str, Any]:
        """What names a checkpoint: everything that decides which pools are learned."""
        fields = self.model_dump(mode="json", exclude=_NAMES_NOTHING)
        fields = {name: value for name, value in fields.items() if name not in _LATER or value != _LATER[name]}
        guides = self.weak is not None and self.lambda_inter > 0
        if self.inter_through != "similarities" or not guides:  # features were compared before there was a choice
            del fields["inter_through"]
        return fields
