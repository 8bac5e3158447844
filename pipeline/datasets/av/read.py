"""From the `data` part of a recipe of events to clips."""

from pathlib import Path

from pipeline.datasets.av.ave import read_ave
from pipeline.datasets.av.clips import AvClips
from pipeline.datasets.av.miniature import miniature_ave
from pipeline.recipe.av_data import AveData, MiniatureEventsData


def read_clips(config: AveData | MiniatureEventsData, workspace: Path) -> AvClips:
    """Read the clips that a recipe names; those of the miniature world are written below `workspace` first.

    Raises:
        DatasetError: the root does not hold the layout, or its lists contradict each other.
        MachineFault: the machine failed while it was read.
    """
    return read_ave(config if isinstance(config, AveData) else miniature_ave(config, workspace), workspace)
