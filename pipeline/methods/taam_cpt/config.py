"""Options of TaAM-CPT. Where the paper and its authors' code differ, a preset chooses; any field can be set by itself.

`recommended` is what we believe to be right, `paper` the paper's letter, `code` the authors' released behaviour without its
crashes. A value that neither states is the same in all three.
"""

from typing import Any, Literal

from pydantic import Field, model_validator

from pipeline.strict import Strict

Modality = Literal["video", "image", "audio", "text"]
Init = Literal["normal", "ones", "text"]
Prompt = Literal["free", "shared-intra-1024", "shared-intra-512", "shared-inter-512"]

_PAPER = {
    "init": "normal",  # N(0, 0.02^2), "the initialized prompt pool of each modality is identical"
    "normalise_prompts": False,  # Eq. 3 normalises only the text feature
    "logit_scale": 1.0,
    "inter_rows": "matching",  # Eq. 7: v2a keeps the audio rows, v2w the image rows
    "inter_reduction": "mean",
    "inter_factor": 1.0,
    "schedule": "cosine",
}
_CODE = {
    "init": "ones",
    "normalise_prompts": True,
    "logit_scale": 4.0,
    "inter_rows": "all-strong",  # the mask removes only the weak modality's own rows
    "inter_reduction": "sum",
    "inter_factor": 0.5,
    "schedule": "oscillating",  # CosineAnnealingLR(T_max=epochs) stepped every iteration
}
_RECOMMENDED = {**_CODE, "init": "normal", "inter_rows": "matching", "schedule": "cosine"}
PRESETS: dict[str, dict[str, Any]] = {"recommended": _RECOMMENDED, "paper": _PAPER, "code": _CODE}


class LearningRates(Strict):
    """Learning rate of each modality's pool; the defaults are the ones the authors' code really uses.

    Texts, which the paper does not judge, are learned as fast as images and sounds.
    """

    video: float = Field(5e-4, gt=0)
    image: float = Field(5e-2, gt=0)
    audio: float = Field(5e-2, gt=0)
    text: float = Field(5e-2, gt=0)


class TaamCptConfig(Strict):
    """Everything that decides what TaAM-CPT learns from given texts."""

    method: Literal["taam-cpt"] = "taam-cpt"
    preset: Literal["recommended", "paper", "code"] = "recommended"

    init: Init
    """`normal`: one draw of N(0, 0.02^2), copied to every pool. `ones`: one same unit vector everywhere. `text`: the text
    encoder's embedding of the class names (Table 12)."""
    prompt: Prompt = "free"
    """Table 10: a free vector a class, or vectors of the given width mapped by a linear layer shared within a modality
    (`shared-intra-*`) or by all modalities (`shared-inter-512`)."""
    normalise_prompts: bool
    logit_scale: float = Field(gt=0)
    margin: float = Field(1.0, gt=0)

    weak: Modality | Literal["auto"] | None = "auto"
    """The modality that the stronger ones guide. `auto`: the one with the lowest held-out score; null: no inter-modal loss."""
    held_out: float = Field(0.1, gt=0, lt=0.5)
    """Share of the texts kept out of learning to find the weak modality; used by `weak: auto` only."""
    inter_scale: float = Field(4.6052, gt=0)
    """1/tau of Eq. 7. The code multiplies by CLIP's raw logit_scale, ln(100), without exponentiating it."""
    inter_rows: Literal["matching", "all-strong"]
    inter_reduction: Literal["sum", "mean"]
    inter_factor: float = Field(gt=0)
    lambda_intra: float = Field(1.0, ge=0)
    lambda_inter: float = Field(1.0, ge=0)

    lr: LearningRates = LearningRates()
    schedule: Literal["cosine", "oscillating", "constant"]
    epochs: int = Field(10, ge=1)
    batch_size: int = Field(768, ge=1)

    new_classes: Literal["frozen", "continue", "scratch"] = "frozen"
    """When labels or a modality are added to a finished run (Table 9): learn only the new rows, go on with all, or start
    again."""

    @model_validator(mode="before")
    @classmethod
    def _apply_preset(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {**PRESETS.get(str(data.get("preset")), _RECOMMENDED), **data}

    @model_validator(mode="after")
    def _text_init_is_free(self) -> "TaamCptConfig":
        if self.init == "text" and self.prompt != "free":
            raise ValueError(
                f"init: text puts class names where free prompts lie; with prompt: {self.prompt} the learned vectors "
                "lie below a linear layer. Write prompt: free, or init: normal"
            )
        return self
