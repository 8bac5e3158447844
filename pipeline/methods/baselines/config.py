"""Options of the baselines; the defaults are those of their authors' code."""

from typing import Literal

from pydantic import Field

from pipeline.methods.base import Method, Sizes, entering
from pipeline.methods.few_shot.config import FewShotTraining

COOP_IMAGENET_EPOCHS = 50
"""Of CoOp on ImageNet, whose sixteen shots are so many images that its authors pass over them less often."""


class CoOpConfig(FewShotTraining):
    """CoOp (Zhou et al., IJCV 2022): text prompts that all classes and images share."""

    method: Literal["coop"] = "coop"
    epochs: int = Field(200, ge=1, le=1_000_000)
    """As its authors run it from base to new classes; a recipe that learns from ImageNet takes their 50 where none is given."""
    batch_size: int = Field(32, ge=1)
    text_prompts: int = Field(4, ge=1, le=1000)
    text_init: str = "a photo of a"
    """What the last prompts start from; the others, or all where it is empty, are drawn from N(0, 0.02^2)."""
    chunk: int | None = Field(None, ge=1)


class CoCoOpConfig(FewShotTraining):
    """CoCoOp (Zhou et al., CVPR 2022): CoOp's prompts, all shifted by one vector that a meta-net makes of the image."""

    method: Literal["cocoop"] = "cocoop"
    epochs: int = Field(10, ge=1, le=1_000_000)
    batch_size: int = Field(1, ge=1)
    text_prompts: int = Field(4, ge=1, le=1000)
    text_init: str = "a photo of a"
    chunk: int | None = Field(None, ge=1)


class VisualPromptConfig(FewShotTraining):
    """Deep visual prompts (VPT, Jia et al., ECCV 2022), with hand-written texts."""

    method: Literal["visual-prompts"] = "visual-prompts"
    lr: float = Field(0.0025, gt=0)
    vision_prompts: int = Field(8, ge=1, le=1000)
    depth: int = Field(12, ge=1, le=1000)


class IndependentConfig(FewShotTraining):
    """Prompts in the first blocks of both towers, independent of one another: MaPLe (CVPR 2023) without its coupling."""

    method: Literal["independent"] = "independent"
    lr: float = Field(0.0035, gt=0)
    vision_prompts: int = Field(2, ge=1, le=1000)
    text_prompts: int = Field(2, ge=1, le=1000)
    text_init: str = "a photo of a"
    depth: int = Field(9, ge=1, le=1000)
    chunk: int | None = Field(None, ge=1)


def _meta_net(sizes: Sizes) -> int:
    """CoCoOp's: Linear(d -> d/16), ReLU, Linear(d/16 -> c)."""
    hidden = sizes.width // 16
    return sizes.width * hidden + hidden + hidden * sizes.text_width + sizes.text_width


# With ViT-B/16 (512, 768, 512) and the defaults these learn 2,048, 35,360, 73,728 and 23,040 numbers.
METHODS = (
    Method(
        CoOpConfig,
        "pipeline.methods.baselines.text_prompts:CoOp",
        learns=lambda config, sizes: {"text": "tokens"},
        count=lambda config, sizes: config.text_prompts * sizes.text_width,
    ),
    Method(
        CoCoOpConfig,
        "pipeline.methods.baselines.text_prompts:CoCoOp",
        learns=lambda config, sizes: {"text": "tokens"},
        count=lambda config, sizes: config.text_prompts * sizes.text_width + _meta_net(sizes),
    ),
    Method(
        VisualPromptConfig,
        "pipeline.methods.baselines.deep_prompts:VisualPrompts",
        learns=lambda config, sizes: {"image": entering(config, config.depth, sizes)},
        count=lambda config, sizes: config.depth * config.vision_prompts * sizes.image_width,
    ),
    Method(
        IndependentConfig,
        "pipeline.methods.baselines.deep_prompts:IndependentPrompts",
        learns=lambda config, sizes: {"image": entering(config, config.depth, sizes), "text": "tokens"},
        count=lambda config, sizes: (
            config.depth * (config.vision_prompts * sizes.image_width + config.text_prompts * sizes.text_width)
        ),
    ),
)
