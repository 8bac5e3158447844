"""Options of the baselines; the defaults are those of their authors' code."""

from typing import Literal

from pydantic import Field

from pipeline.methods.few_shot.config import FewShotTraining

COOP_IMAGENET_EPOCHS = 50
"""Of CoOp on ImageNet, whose sixteen shots are so many images that its authors pass over them less often."""


class CoOpConfig(FewShotTraining):
    """CoOp (Zhou et al., IJCV 2022): text prompts that all classes and images share."""

    method: Literal["coop"] = "coop"
    epochs: int = Field(200, ge=1)
    """As its authors run it from base to new classes; a recipe that learns from ImageNet takes their 50 where none is given."""
    batch_size: int = Field(32, ge=1)
    text_prompts: int = Field(4, ge=1)
    text_init: str = "a photo of a"
    """What the last prompts start from; the others, or all where it is empty, are drawn from N(0, 0.02^2)."""
    chunk: int | None = Field(None, ge=1)


class CoCoOpConfig(FewShotTraining):
    """CoCoOp (Zhou et al., CVPR 2022): CoOp's prompts, all shifted by one vector that a meta-net makes of the image."""

    method: Literal["cocoop"] = "cocoop"
    epochs: int = Field(10, ge=1)
    batch_size: int = Field(1, ge=1)
    text_prompts: int = Field(4, ge=1)
    text_init: str = "a photo of a"
    chunk: int | None = Field(None, ge=1)


class VisualPromptConfig(FewShotTraining):
    """Deep visual prompts (VPT, Jia et al., ECCV 2022), with hand-written texts."""

    method: Literal["visual-prompts"] = "visual-prompts"
    lr: float = Field(0.0025, gt=0)
    vision_prompts: int = Field(8, ge=1)
    depth: int = Field(12, ge=1)


class IndependentConfig(FewShotTraining):
    """Prompts in the first blocks of both towers, independent of one another: MaPLe (CVPR 2023) without its coupling."""

    method: Literal["independent"] = "independent"
    lr: float = Field(0.0035, gt=0)
    vision_prompts: int = Field(2, ge=1)
    text_prompts: int = Field(2, ge=1)
    text_init: str = "a photo of a"
    depth: int = Field(9, ge=1)
    chunk: int | None = Field(None, ge=1)


def baseline_numbers(config: FewShotTraining, width: int, image_width: int, text_width: int) -> int:
    """How many numbers a baseline learns.

    With ViT-B/16 (512, 768, 512) and the defaults: CoOp 2,048, CoCoOp 35,360, visual prompts 73,728, independent 23,040.

    Args:
        config: of one of the four.
        width: d of the shared space.
        image_width: of the image tower's tokens.
        text_width: of the text tower's tokens.
    """
    layers = getattr(config, "depth", 1)
    texts = layers * getattr(config, "text_prompts", 0) * text_width
    images = layers * getattr(config, "vision_prompts", 0) * image_width
    hidden = width // 16
    net = width * hidden + hidden + hidden * text_width + text_width if isinstance(config, CoCoOpConfig) else 0
    return texts + images + net
