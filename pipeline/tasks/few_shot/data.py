"""What a few-shot recipe learns from, and what it is judged on besides: the `data` and `judge_on` parts."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from pipeline.recipe.data import AnyData, DataConfig, FewShotData, ImagenetData, ShiftedImagenetData
from pipeline.strict import Strict


class JudgedShapes(Strict):
    """Single shapes of the miniature world, drawn on demand, to be judged."""

    layout: Literal["miniature-shapes"]
    seed: int = Field(1000, ge=0)
    test_per_class: int = Field(40, ge=1, le=100_000)
    classes: tuple[str, ...] | None = Field(None, min_length=1)
    """Shapes by name; all sixteen where none is named."""
    style: Literal["colour", "gray", "negative", "outline"] = "colour"
    """How they are drawn; the domains of the miniature world."""


class PartsData(Strict):
    """Files or texts of any modality in any layout: those that shots are drawn from, and those that are judged."""

    layout: Literal["parts"]
    labels: str | tuple[str, ...] = Field(min_length=1)
    """The classes: their names, a file of them, or a shipped label set."""
    learn: DataConfig
    judge: DataConfig

    @field_validator("learn", "judge")
    @classmethod
    def _holds_nothing_out(cls, part: AnyData) -> AnyData:
        if part.hold_out:
            raise ValueError("shots are drawn from 'learn', and all of 'judge' is judged; leave 'hold_out' out")
        return part


class ShapesData(JudgedShapes):
    """The same, to be learned from, too."""

    train_per_class: int = Field(32, ge=1, le=100_000)


LearnedData = Annotated[FewShotData | ImagenetData | ShapesData | PartsData, Field(discriminator="layout")]
JudgedData = Annotated[FewShotData | ImagenetData | ShiftedImagenetData | JudgedShapes, Field(discriminator="layout")]


def require_no_split(data: Strict) -> None:
    """Refuse a split, or files held out, which nothing would read.

    Raises:
        ValueError: one is given.
    """
    if "hold_out" in data.model_fields_set:
        raise ValueError("the protocol has splits of its own to choose on; leave 'hold_out' out")
    if "split" in data.model_fields_set:
        raise ValueError("the protocol takes the splits as they were published; leave 'split' out")


def with_layout(name: str, options: Any, root: object) -> Any:
    """One entry of `judge_on` in full: its layout is its name where it says none, its root that of `data`."""
    if not (options is None or isinstance(options, Mapping)):
        return options
    given = {"layout": name, **(options or {})}
    return given if given["layout"] == "miniature-shapes" or root is None else {"root": root, **given}
