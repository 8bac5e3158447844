"""Where clips with labelled seconds lie: the `data` part of a recipe of audio-visual events."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.strict import Strict


class AveData(Strict):
    """AVE: 4,143 rows of ten seconds, 28 classes and background."""

    layout: Literal["ave"]
    root: Path
    media: Literal["auto", "videos", "lavish"] = "auto"
    """`videos`: AVE/<VideoID>.mp4 of the archive; `lavish`: video_frames/<VideoID>/*.jpg and raw_audio/<VideoID>.wav; `auto`:
    the first of them that is there."""
    disjoint: bool = False
    """Leave out rows of train whose video is also in val or test, and rows of val whose video is also in test."""


class EventsData(Strict):
    """Own clips with a table of events, or with label tracks beside them."""

    layout: Literal["events"]
    root: Path
    """The folder of the clips."""
    events: Path
    """A table with the columns file, label, start_s and end_s (and split, if wanted), or a folder of Audacity's label tracks,
    each named as its clip."""
    segments: int = Field(10, ge=1, le=1000)
    """Labels of a window."""
    segment_s: float = Field(1.0, gt=0, le=60)
    """Seconds of a label."""
    seed: int = Field(0, ge=0)
    """Of the hash that divides files without a split: 70 % train, 15 % val, 15 % test."""


class MiniatureEventsData(Strict):
    """Clips of the miniature world: shapes and sounds that match in half of the seconds."""

    layout: Literal["miniature"]
    seed: int = Field(1000, ge=0)
    train: int = Field(96, ge=8, le=100_000)
    """Clips that are learned from."""
    val: int = Field(32, ge=1, le=100_000)
    """Clips that the epoch is chosen on."""
    test: int = Field(64, ge=1, le=100_000)
    """Clips that are judged."""


AnyAvData = AveData | EventsData | MiniatureEventsData
AvData = Annotated[AnyAvData, Field(discriminator="layout")]
