"""Where clips with questions lie: the `data` part of a recipe of audio-visual questions."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from pipeline.strict import Strict


class MusicAvqaData(Strict):
    """MUSIC-AVQA: 45,867 questions about 9,288 videos of a minute, 42 answers."""

    layout: Literal["music-avqa"]
    root: Path
    version: Literal["json", "json_update"] = "json"
    """Which of the published lists: the first, or the one that was corrected later and has fewer rows. Results name it."""
    media: Literal["auto", "videos", "frames", "lavish"] = "auto"
    """`videos`: video/<video id>.mp4; `frames`: frames/<video id>/*.jpg and audio/<video id>.wav, as the authors' scripts take
    them apart; `lavish`: video_frames/<video id>/*.jpg and raw_audio/<video id>.wav; `auto`: the first of them that is there."""
    disjoint: bool = False
    """Leave out questions of train whose video is also in val or test, and questions of val whose video is also in test."""

    @property
    def segments(self) -> int:
        """T, as the paper has it."""
        return 10

    @property
    def segment_s(self) -> float:
        """Seconds of sound of each, as the paper has it."""
        return 1.95


class QuestionsData(Strict):
    """Own clips with a table of questions."""

    layout: Literal["questions"]
    root: Path
    """The folder of the clips."""
    questions: Path
    """A table with the columns file, question and answer; kind and split if wanted."""
    seed: int = Field(0, ge=0)
    """Of the hash that divides files without a split: 70 % train, 15 % val, 15 % test. Questions of a file stay together."""

    segments: int = Field(10, ge=1, le=1000)
    """Into which every clip is divided, however long it is: as many pictures, and stretches of sound."""
    segment_s: float = Field(1.95, gt=0, le=60)
    """Seconds of sound of each; those of a short clip overlap."""


class MiniatureQuestionsData(Strict):
    """Clips of the miniature world: two shapes and two sounds each, and questions about what is seen, heard, or both."""

    layout: Literal["miniature"]
    seed: int = Field(1000, ge=0)
    train: int = Field(120, ge=12, le=100_000)
    """Clips that are learned from, with up to eight questions each; answers are evenest where they are a multiple of 24."""
    val: int = Field(24, ge=12, le=100_000)
    """Clips that the epoch is chosen on."""
    test: int = Field(72, ge=12, le=100_000)
    """Clips that are judged."""

    @property
    def segments(self) -> int:
        """T: a second each."""
        return 10

    @property
    def segment_s(self) -> float:
        """Seconds of each."""
        return 1.0


AnyQuestionData = MusicAvqaData | QuestionsData | MiniatureQuestionsData
QuestionData = Annotated[AnyQuestionData, Field(discriminator="layout")]
