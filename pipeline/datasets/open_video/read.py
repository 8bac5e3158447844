"""From the `videos` part of a recipe to clips: what is learned, and what is judged among which names."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.folder import class_folders
from pipeline.datasets.held_out import split_rows
from pipeline.datasets.open_video.clips import Clips, VideoSets
from pipeline.datasets.open_video.halves import halves_of
from pipeline.datasets.open_video.miniature import (
    motion_names,
    motions_root,
    part_of,
    undrawn_sets,
    with_whole_pairs,
    written_motions,
)
from pipeline.datasets.open_video.published import is_to_come, published_sets
from pipeline.datasets.read import Source, read_rows
from pipeline.datasets.registry import LAYOUTS
from pipeline.labels import load_labels
from pipeline.labels.names import composed
from pipeline.recipe.data import AnyData, FolderData, Hmdb51Data, KineticsData, Ucf101Data, VggSoundData
from pipeline.recipe.video_data import (
    Hmdb51Videos,
    KineticsVideos,
    MiniatureVideos,
    OwnVideos,
    PartsOfVideos,
    PublishedVideos,
    Ucf101Videos,
    VggSoundVideos,
    VideoData,
)

_SHOWN = 3


def read_sets(config: VideoData, workspace: Path, draw: bool = True, half: int | None = None) -> VideoSets:
    """Read the clips of base classes to learn from, and those of both halves to judge.

    Args:
        config: the `videos` part of a recipe.
        workspace: where the miniature's clips are written, and hashes of files remembered.
        draw: whether the miniature's clips are written where they are not there yet; a plan does without, and without
            those of published data sets that are not downloaded yet.
        half: which drawn half of the classes is learned; None is the recipe's first.

    Raises:
        DatasetError: the root does not hold the layout, a clip shows several classes, or a half has no class.
        MachineFault: the machine failed while it was read.
    """
    names = class_names(config)
    if isinstance(config, MiniatureVideos):
        config = with_whole_pairs(config)
    base, novel = halves_of(config, names, half)
    if isinstance(config, PublishedVideos) and not draw and is_to_come(config):
        return published_sets(config, base, novel, config.are_ours)
    if isinstance(config, MiniatureVideos) and not draw and not motions_root(config, workspace).exists():
        return undrawn_sets(config, workspace, base, novel)
    if isinstance(config, OwnVideos):
        return _own(config, base, novel, workspace)
    learn, judge = _parts(config, workspace)
    return VideoSets(
        clips_of(learn, base, workspace),
        {"base": clips_of(judge, base, workspace), "novel": clips_of(judge, novel, workspace)},
        drawn=config.are_ours,
    )


def class_names(config: VideoData) -> tuple[str, ...]:
    """All classes, base and novel."""
    if isinstance(config, MiniatureVideos):
        return motion_names()
    if isinstance(config, PartsOfVideos):
        return tuple(load_labels(config.labels if isinstance(config.labels, str) else list(config.labels)))
    if isinstance(config, OwnVideos):
        if config.labels is None:
            return tuple(composed(folder.name) for folder in class_folders(config.root))
        return tuple(load_labels(config.labels if isinstance(config.labels, str) else list(config.labels)))
    shipped = LAYOUTS[config.layout].label_set
    assert shipped is not None, "a published data set of videos has its label set"
    return tuple(load_labels(shipped))


def _own(config: OwnVideos, base: Sequence[str], novel: Sequence[str], workspace: Path) -> VideoSets:
    """A folder divided by a hash of each file; what cannot be read of base classes is counted with what is judged."""
    folder = FolderData(layout="folder", root=config.root)
    own, others = clips_of(folder, base, workspace), clips_of(folder, novel, workspace)
    learn, judged = split_rows(own.rows, config.judge)
    return VideoSets(
        Clips(own.classes, tuple(learn)), {"base": Clips(own.classes, tuple(judged), own.rejected), "novel": others},
        drawn=config.are_ours,
    )  # fmt: skip


def _parts(config: VideoData, workspace: Path) -> tuple[AnyData, AnyData]:
    """What is learned from and what is judged, as the readers of layouts take them."""
    match config:
        case MiniatureVideos():
            root = written_motions(config, workspace)
            return part_of(root, "train"), part_of(root, "test")
        case Ucf101Videos():
            train, test = (
                Ucf101Data.model_validate(
                    {"layout": "ucf101", "root": config.root, "split": f"{part}0{config.division}"}
                )
                for part in ("train", "test")
            )
            return train, test
        case Hmdb51Videos():
            lists = (f"{part}0{config.division}" for part in ("train", "test"))
            learned, judged = (
                Hmdb51Data.model_validate({"layout": "hmdb51", "root": config.root, "split": each}) for each in lists
            )
            return learned, judged
        case VggSoundVideos():
            root = config.root
            return (
                VggSoundData(layout="vggsound", root=root, split="train"),
                VggSoundData(layout="vggsound", root=root, split="test"),
            )
        case KineticsVideos():
            learn, judge = (
                KineticsData.model_validate({"layout": config.layout, "root": config.root, "split": part})
                for part in ("train", "val")
            )
            return learn, judge
        case PartsOfVideos():
            return config.learn, config.judge
        case OwnVideos():
            raise AssertionError("own clips are divided, and have no two parts")


def clips_of(config: AnyData, classes: Sequence[str], workspace: Path) -> Clips:
    """The clips of some classes, in any layout.

    Raises:
        DatasetError: the root does not hold the layout, or a clip shows several classes.
    """
    found: Source = read_rows(config, "video", classes, workspace)
    several = [row.path for row in found.rows if len(row.labels) > 1]
    if several:
        shown = ", ".join(several[:_SHOWN]) + (", …" if len(several) > _SHOWN else "")
        raise DatasetError(
            f"videos: {len(several)} clips show several classes ({shown}); a clip is learned and judged as one of one class. "
            "Leave them out of the table, or give each the label that it is to be judged by"
        )
    return Clips(tuple(classes), tuple(row for row in found.rows if row.labels), tuple(found.unreadable))
