"""Which clips are learned from and judged: the `videos` part of a recipe of open-vocabulary video."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.recipe.data import AnyData, OwnData
from pipeline.strict import Strict

Names = str | tuple[str, ...]
Draw = Annotated[int, Field(ge=0)]
OURS = "-ours"
"""What names of shipped lists of base classes end with that were drawn here and are nobody's published ones."""


class Halves(Strict):
    """What every source of clips may say: which classes are learned."""

    base: Names | None = None
    """Names of the classes that are learned: a list, or a file of them, one a line. None: half of all, drawn by `draw`, or all
    but `novel`."""
    novel: Names | None = None
    """Names of those that are only judged, in the same way. None: all others."""
    draw: Draw | Annotated[tuple[Draw, ...], Field(min_length=1)] = 0
    """Which half is learned where neither is named: a seed. Or several: each half is learned and judged by itself, and figures
    are means over halves."""

    @model_validator(mode="after")
    def _are_two(self) -> "Halves":
        for names in (self.base, self.novel):
            if names is not None and not len(names):
                raise ValueError(
                    "base and novel are names of classes, or a file of them; leave out what you do not name"
                )
        if isinstance(self.draw, tuple) and len(set(self.draw)) < len(self.draw):
            raise ValueError("draw: each half is named once")
        if len(self.draws) > 1 and not self.is_drawn:
            raise ValueError(
                "draw: several halves are drawn only where neither base nor novel is named; leave those out"
            )
        return self

    @property
    def draws(self) -> tuple[int, ...]:
        """The halves, one or several."""
        return (self.draw,) if isinstance(self.draw, int) else self.draw

    @property
    def is_drawn(self) -> bool:
        """Whether nobody names the classes of either half."""
        return self.base is None and self.novel is None

    @property
    def are_ours(self) -> bool:
        """Whether the halves were drawn here, now or for a shipped list, and are nobody's published ones."""
        named = (self.base, self.novel)
        return self.is_drawn or any(isinstance(each, str) and each.endswith(OURS) for each in named)


class Ucf101Videos(Halves):
    """UCF101 as it is published: learned from a training list, judged on the test list beside it."""

    layout: Literal["ucf101"]
    root: Path
    division: Literal[1, 2, 3] = 1
    """Which of the three official divisions."""


class Hmdb51Videos(Halves):
    """HMDB51 as it is published: learned from the training clips of a division, judged on its test clips."""

    layout: Literal["hmdb51"]
    root: Path
    division: Literal[1, 2, 3] = 1
    """Which of the three official divisions."""


class VggSoundVideos(Halves):
    """VGGSound: learned from `train`, judged on `test`. No base and novel classes are published; shipped is a list of ours."""

    layout: Literal["vggsound"]
    root: Path


class KineticsVideos(Halves):
    """Kinetics: learned from `train`, judged on `val`. No base and novel classes are published; what is drawn is ours."""

    layout: Literal["kinetics400", "kinetics600", "kinetics700"]
    root: Path


PublishedVideos = Ucf101Videos | Hmdb51Videos | KineticsVideos | VggSoundVideos


class PartsOfVideos(Halves):
    """Clips in any layout: those that are learned from, and those that are judged."""

    layout: Literal["parts"]
    labels: Names = Field(min_length=1)
    """All classes: their names, a file of them, or a shipped label set."""
    learn: OwnData
    judge: OwnData

    @field_validator("learn", "judge")
    @classmethod
    def _holds_nothing_out(cls, part: AnyData) -> AnyData:
        if part.hold_out:
            raise ValueError("hold_out stands at the top of the recipe, for what is learned from; leave it out here")
        return part


class ElsewhereVideos(Strict):
    """Another data set, judged by the names of its own classes; nothing is learned from it."""

    data: OwnData
    """Its clips, in any layout."""
    labels: Names | None = None
    """All classes: their names, a file of them, or a shipped label set. None: those of the data set."""
    halves: int = Field(0, ge=0, le=1000)
    """0: all classes together ("full"). Else so many drawn halves of the classes, each judged by itself; figures are means."""

    @field_validator("data")
    @classmethod
    def _holds_nothing_out(cls, part: AnyData) -> AnyData:
        if part.hold_out:
            raise ValueError("nothing is learned from what is judged elsewhere; leave hold_out out here")
        return part

    @field_validator("halves")
    @classmethod
    def _are_several(cls, halves: int) -> int:
        if halves == 1:
            raise ValueError("one half tells nothing of the others; write 2 or more, or leave it out for all classes")
        return halves


class OwnVideos(Halves):
    """Own clips, `root/<class name>/…/file`: of every base class a share, by a hash of files, is judged; the rest is learned."""

    layout: Literal["folder"]
    root: Path
    labels: Names | None = None
    """The classes: their names, or a file of them. None: the sub-folders."""
    judge: float = Field(0.3, gt=0, lt=1)
    """Share of every base class's clips that is judged. Clips of novel classes are all judged."""


class MiniatureVideos(Halves):
    """Clips of the miniature world, written in UCF101's own layout: motions that are each other's time reverse."""

    layout: Literal["miniature"]
    seed: int = Field(1000, ge=0)
    train_per_class: int = Field(32, ge=2, le=100_000)
    """How many clips a class are drawn to learn from."""
    test_per_class: int = Field(24, ge=1, le=100_000)
    """How many clips a class are drawn to judge on."""


VideoData = Annotated[PublishedVideos | PartsOfVideos | OwnVideos | MiniatureVideos, Field(discriminator="layout")]
