"""The shape of a few-shot recipe; free of torch."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from pipeline.methods.baselines.config import COOP_IMAGENET_EPOCHS
from pipeline.methods.few_shot.config import FewShotOptions
from pipeline.methods.registry import methods
from pipeline.recipe.envelope import CacheConfig, Envelope
from pipeline.recipe.seeds import Seeds
from pipeline.strict import Strict
from pipeline.tasks.few_shot.data import JudgedData, LearnedData, require_no_split, with_layout
from pipeline.tasks.published import is_learned

ZERO_SHOT = "zero-shot"
"""What the frozen encoder is called, which every method is shown beside."""


class FewShotCacheConfig(CacheConfig):
    """How inputs are made: in float32, unless told otherwise, so that learning from the store is learning from the files."""

    dtype: Literal["float16", "float32"] = "float32"


if TYPE_CHECKING:
    MethodConfig = FewShotOptions
else:  # of all methods that there are
    MethodConfig = Annotated[
        reduce(or_, [method.config for method in methods().values()]), Field(discriminator="method")
    ]


class Publish(Strict):
    """A method of the recipe, and a seed: its first where none is named."""

    method: str
    seed: int | None = None


class FewShotRecipe(Envelope):
    """Prompts from a few labelled images a class of one data set, judged on its halves or on other data sets."""

    encoder: str = "clip-vit-b16-openai"
    modality: Literal["image", "audio", "video", "text"] = "image"
    """Of what is learned from and judged. All but images are of `layout: parts`, and for methods that read features alone."""
    data: LearnedData
    classes: Literal["base", "all"] = "base"
    """Which are learned. `base`: the first half; both halves are judged, each among its own names. `all`: every class; the data
    set's test images are judged among all of them, and so is each data set of `judge_on` among its own."""
    judge_on: dict[str, JudgedData] = {}
    """Other data sets, of which nothing is learned: a name of yours -> where it lies. A layout's name says the layout, and
    `root` is that of `data` where none is given."""
    shots: int = Field(16, ge=1)
    """Labelled images a class."""
    seeds: Seeds = (1, 2, 3)
    """Of the shots and of what learning draws; figures are means over them."""
    views: int = Field(8, ge=1, le=10_000)
    """Random crops of every image that are stored; epoch e sees view (e - 1) modulo this."""
    smallest_crop: float = Field(0.08, gt=0, le=1)
    """Smallest share of an image's area that a random crop keeps; the papers' 0.08 suits photographs of one thing."""
    inputs: Literal["auto", "pixels", "patches"] = "auto"
    """What the loop reads of an image: its pixels (exact) or its patches as they enter the first block; `auto` takes what is
    smaller on the disk."""
    cache: FewShotCacheConfig = FewShotCacheConfig()
    methods: dict[str, MethodConfig] = Field(min_length=1)
    """What is learned and compared: a name of yours -> its options."""
    publish: Publish | None = None
    """Which of them `predict` answers by, unless it is told: the first method and seed where nothing is written. It is yours to
    say and never chosen by what the test images show."""

    # A validator a field, not one for the whole: pydantic then tells these mistakes together with all others.

    @field_validator("data")
    @classmethod
    def _splits_are_published(cls, data: Strict, info: ValidationInfo) -> Strict:
        require_no_split(data)
        modality, layout = info.data.get("modality", "image"), getattr(data, "layout", None)
        if modality != "image" and layout != "parts":
            raise ValueError(
                f"layout '{layout}' holds images; for modality {modality} write data: {{layout: parts, labels: […], "
                "learn: {layout: folder, root: …}, judge: {layout: folder, root: …}}"
            )
        return data

    @field_validator("judge_on", mode="before")
    @classmethod
    def _named_like_their_layout(cls, judged: Any, info: ValidationInfo) -> Any:
        if not isinstance(judged, Mapping):
            return judged
        # Of a source that is itself wrong no root is known; that its neighbours lack one would be no news.
        root = getattr(info.data["data"], "root", None) if "data" in info.data else Path()
        return {name: with_layout(name, options, root) for name, options in judged.items()}

    @field_validator("judge_on")
    @classmethod
    def _of_prompts_for_all_classes(cls, judged: dict[str, Strict], info: ValidationInfo) -> dict[str, Strict]:
        for data in judged.values():
            require_no_split(data)
        if judged and info.data.get("modality", "image") != "image":
            raise ValueError("other data sets are of images; leave judge_on out")
        if judged and info.data.get("classes") == "base":
            raise ValueError(
                "other data sets are judged with prompts that all classes have taught; write 'classes: all', or leave "
                "judge_on out to judge base and novel classes"
            )
        source = getattr(info.data.get("data"), "layout", None)
        if source in judged:
            raise ValueError(
                f"'{source}' is what is learned from and is judged anyway; leave it out, or call it otherwise"
            )
        return judged

    @field_validator("methods", mode="before")
    @classmethod
    def _named_like_their_method(cls, given: Any, info: ValidationInfo) -> Any:
        """A name that is a method's need not say `method:` again; and CoOp's usual epochs are those of the data set."""
        if not isinstance(given, Mapping):
            return given
        imagenet = getattr(info.data.get("data"), "layout", None) == "imagenet"
        usual = {"coop": {"epochs": COOP_IMAGENET_EPOCHS}} if imagenet else {}
        named = {
            name: {"method": name, **(options or {})} if _is_options(options) else options
            for name, options in given.items()
        }
        return {
            name: {**usual.get(str(options["method"]), {}), **options} if _is_options(options) else options
            for name, options in named.items()
        }

    @field_validator("methods")
    @classmethod
    def _zero_shot_is_taken(cls, methods: dict[str, Strict]) -> dict[str, Strict]:
        if ZERO_SHOT in methods:
            raise ValueError(f"'{ZERO_SHOT}' is the frozen encoder, which is judged anyway; call yours otherwise")
        return methods

    _is_learned = field_validator("publish")(is_learned)


def _is_options(options: object) -> bool:
    return options is None or isinstance(options, Mapping)
