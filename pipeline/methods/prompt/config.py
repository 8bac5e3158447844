"""Options of ProMPT. The paper leaves much open; every decision is an option here, its default what we believe was meant."""

from typing import Any, Literal

from pydantic import Field, model_validator

from pipeline.methods.base import Method, Sizes, entering
from pipeline.methods.few_shot.config import FewShotTraining


class PromptConfig(FewShotTraining):
    """Everything that decides what ProMPT learns from given images. a, b, J, N, lambda are the paper's letters."""

    method: Literal["prompt"] = "prompt"
    lr: float = Field(0.008, gt=0)

    iterations: int = Field(2, ge=1, le=1000)
    """N. Zero-shot CLIP is what N = 0 would be."""
    loss_decay: float = Field(1.0, gt=0, le=1)
    """lambda of Eq. 14."""

    vision_prompts: int = Field(8, ge=0, le=1000)
    """a: prompts a layer, and text features that the filter chooses. 0: none of that side and no generator of them, so that the
    image feature stays CLIP's; -G^V of Table 5 can be read so."""
    depth: int = Field(9, ge=1, le=1000)
    """J: image blocks that get prompts of their own. 3 across data sets and domains."""
    vision_init: Literal["normal", "zeros"] = "normal"
    """O^0, which Eq. 8 leaves open: learned, from N(0, 0.02^2) or from zeros."""
    maple_ln_pre: bool = False
    """Whether the first layer's prompts pass the norm before the first block, as MaPLe's do. Eq. 9 puts them behind it."""
    late: bool = False
    """Give prompts to the last J blocks instead of the first, so that the blocks below are computed once and stored."""

    text_prompts: int = Field(5, ge=0, le=1000)
    """b: prompts before a class name. 0: none of that side and no generator of them, so that the hand-written texts stay; -G^T
    of Table 5 can be read so."""
    text_init: str = "a photo of a"
    """What they start from. Its four words are the last of five prompts, the first is drawn from N(0, 0.02^2); of more words
    than prompts the first are taken."""
    text_start: Literal["fixed", "learned"] = "fixed"
    """`learned`: b counts the start token, the way Eq. 7 can be read, so that it is learned as well."""
    full_stop: bool = True
    """Whether class names end with one, as in CoCoOp's code."""

    feature_filter: bool = True
    """Without it (-F of Table 5) nothing is chosen."""
    unfiltered: Literal["all", "mean"] = "all"
    """What makes vision prompts where there is no filter. `all`, as the paper says: every class's text feature makes one, in the
    order of the classes, so that there are as many prompts as classes; of more classes than a, the rows of O^0 serve again from
    the first. `mean`: a prompts of one feature, the mean of all classes'."""
    few_classes: Literal["fewer-slots", "repeat"] = "fewer-slots"
    """With fewer classes than slots (EuroSAT: 5): leave slots out, or fill them from the most similar class again."""
    slots: Literal["rank", "class"] = "rank"
    """Which text feature goes to which slot: the most similar to the first, or in the order of the classes."""
    vision_generator: bool = True
    """Without it (-G^V) the vision prompts are the same for all images. For none at all: vision_prompts: 0."""
    text_generator: bool = True
    """Without it (-G^T) the text prompts are. For none at all: text_prompts: 0."""
    layer_biases: Literal["both", "output"] = "both"
    """Which biases of the vision generator every layer has of its own; its weights are shared by all."""
    generator_init: Literal["default", "zero-output"] = "default"
    """`zero-output`: generators start silent, so that learning starts from prompts that no image changes."""
    normalise_conditions: bool = True
    """Whether features are normalised before they enter generators, as in CoCoOp."""
    detach: bool = False
    """Whether the features that one iteration hands to the next are constants to the gradient."""

    templates: Literal["single", "data-set"] = "single"
    """Hand-written prompts of iteration 0: "a photo of a {}." everywhere, or the data set's own."""
    chunk: int | None = Field(None, ge=1)
    """Classes at a time in the text tower; then activations are made again in the backward pass. For memory only."""

    @model_validator(mode="before")
    @classmethod
    def _no_prompts_no_generator(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        silent = {f"{side}_generator": False for side in ("vision", "text") if data.get(f"{side}_prompts") == 0}
        return {**silent, **data}

    @model_validator(mode="after")
    def _something_is_learned(self) -> "PromptConfig":
        for side, count, made in (
            ("vision", self.vision_prompts, self.vision_generator),
            ("text", self.text_prompts, self.text_generator),
        ):
            if made and not count:
                raise ValueError(
                    f"{side}_prompts: 0 leaves {side}_generator nothing to make. Leave {side}_generator out, or write "
                    f"{side}_prompts: 1 or more"
                )
        if not self.vision_prompts and not self.text_prompts:
            raise ValueError(
                "without vision and without text prompts nothing is learned: that is zero-shot, which is judged anyway"
            )
        if self.late and not self.vision_prompts:
            raise ValueError(
                "late says where vision prompts enter, of which vision_prompts: 0 leaves none. Leave late out"
            )
        if self.text_start == "learned" and not self.text_prompts:
            raise ValueError(
                "text_start: learned counts the start token among text_prompts, which are 0. Leave text_start out"
            )
        return self

    def naming_fields(self) -> dict[str, Any]:
        """Without `unfiltered` where it decides nothing, and for `mean`, which was all there was when it came."""
        fields = super().naming_fields()
        if self.feature_filter or self.unfiltered == "mean":
            del fields["unfiltered"]
        return fields


def trainable_numbers(config: PromptConfig, width: int, image_width: int, text_width: int) -> dict[str, int]:
    """How many numbers are learned, by part.

    With ViT-B/16 (512, 768, 512) and the paper's sizes: 48,160 + 33,312 + 55,296 + 2,560 = 139,328.

    Args:
        config: the options.
        width: d of the shared space.
        image_width: of the image tower's tokens.
        text_width: of the text tower's tokens.
    """
    hidden, depth = width // 16, config.depth
    hidden_biases = depth if config.layer_biases == "both" else 1
    parts = {
        "vision generator": width * hidden + hidden * image_width + hidden_biases * hidden + depth * image_width,
        "text generator": width * hidden + hidden + hidden * text_width + text_width,
        "vision prompts": depth * config.vision_prompts * image_width,
        "text prompts": config.text_prompts * text_width,
    }
    silent = {"vision generator": not config.vision_generator, "text generator": not config.text_generator}
    return {name: count for name, count in parts.items() if count and not silent.get(name, False)}


def _learns(config: PromptConfig, sizes: Sizes) -> dict[str, str]:
    """Where the first prompt of each tower enters; a side without prompts is not run."""
    image = {"image": entering(config, config.depth, sizes, config.late)} if config.vision_prompts else {}
    return image | ({"text": "tokens"} if config.text_prompts else {})


PROMPT = Method(
    PromptConfig,
    "pipeline.methods.prompt.model:ProMPT",
    learns=_learns,
    count=lambda config, sizes: sum(
        trainable_numbers(config, sizes.width, sizes.image_width, sizes.text_width).values()
    ),
    own_sentences=lambda config: config.templates == "data-set",
    full_stop=lambda config: config.full_stop,
    loss_decay=lambda config: config.loss_decay,
    iterates=True,
)
