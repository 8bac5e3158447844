"""Data sets as large as they are published, for a plan before they are downloaded: how many clips, and nothing else of them.

Of Kinetics and VGGSound lists differ from copy to copy, and so do the clips of classes; theirs are numbers of the papers, and a
class has its even share.
"""

from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.open_video.clips import Clips, Exam, VideoSets
from pipeline.recipe.video_data import (
    Hmdb51Videos,
    KineticsVideos,
    PublishedVideos,
    Ucf101Videos,
    VggSoundVideos,
    VideoData,
)

_UCF101 = {1: (9_537, 3_783), 2: (9_586, 3_734), 3: (9_624, 3_696)}
_HMDB51 = (51 * 70, 51 * 30)
_KINETICS = {"kinetics400": (246_535, 19_881), "kinetics600": (392_622, 30_001), "kinetics700": (545_317, 35_000)}
_VGGSOUND = (183_730, 15_446)


def is_to_come(config: VideoData) -> bool:
    """Whether a published data set is named whose folder is not there."""
    return isinstance(config, PublishedVideos) and not Path(config.root).exists()


def published_counts(config: PublishedVideos) -> tuple[int, int]:
    """Clips that are listed to learn from, and to judge on."""
    match config:
        case Ucf101Videos():
            return _UCF101[config.division]
        case Hmdb51Videos():
            return _HMDB51
        case KineticsVideos():
            return _KINETICS[config.layout]
        case VggSoundVideos():
            return _VGGSOUND


def published_sets(config: PublishedVideos, base: Sequence[str], novel: Sequence[str], drawn: bool) -> VideoSets:
    """The clips of both halves, by number."""
    learn, judge = published_counts(config)
    share = len(base) / (len(base) + len(novel))
    judged = round(judge * share)

    def clips(classes: Sequence[str], count: int) -> Clips:
        return Clips(tuple(classes), (), to_come=count)

    both: dict[Exam, Clips] = {"base": clips(base, judged), "novel": clips(novel, judge - judged)}
    return VideoSets(clips(base, round(learn * share)), both, drawn)
