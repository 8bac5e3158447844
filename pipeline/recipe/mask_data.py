"""Where clips with masks of what sounds lie: the `data` part of a recipe of sounding objects."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.strict import Strict


class AvsS4Data(Strict):
    """AVSBench, a single source a clip (S4): 4,932 rows of five seconds; of train only the first second has a mask."""

    layout: Literal["avsbench-s4"]
    root: Path
    """The folder of `Single-source`."""


class AvsMs3Data(Strict):
    """AVSBench, several sources a clip (MS3): 424 rows of five seconds, a mask for each."""

    layout: Literal["avsbench-ms3"]
    root: Path
    """The folder of `Multi-sources`."""


class MasksData(Strict):
    """Own clips with a folder of masks for each: `clips/a.mp4` has `masks/a/0003.png`, what sounds in its third second."""

    layout: Literal["masks"]
    root: Path
    """The folder of the clips."""
    masks: Path
    """The folder with a folder of masks for each clip, called as the clip is."""
    segments: int = Field(5, ge=1, le=1000)
    """Seconds of a window. A longer clip is several windows; one without a mask is left out."""
    seed: int = Field(0, ge=0)
    """Of the hash that divides clips: 70 % train, 15 % val, 15 % test."""


class MiniatureMasksData(Strict):
    """Clips of the miniature world: two shapes of one area, of which one sounds in each second."""

    layout: Literal["miniature"]
    seed: int = Field(1000, ge=0)
    form: Literal["s4", "ms3"] = "ms3"
    """How they are written: `ms3` with a mask for every second, `s4` as AVSBench's single sources, where clips of train have the
    mask of their first second only."""
    train: int = Field(192, ge=8, le=100_000)
    """Clips that are learned from."""
    val: int = Field(32, ge=2, le=100_000)
    """Clips that the epoch is chosen on."""
    test: int = Field(64, ge=2, le=100_000)
    """Clips that are judged."""


AnyMaskData = AvsS4Data | AvsMs3Data | MasksData | MiniatureMasksData
MaskData = Annotated[AnyMaskData, Field(discriminator="layout")]
