"""From the `data` part of a recipe of events to clips."""

from pathlib import Path

from pipeline.datasets.av.ave import read_ave
from pipeline.datasets.av.clips import AvClips
from pipeline.datasets.av.events import read_events
from pipeline.datasets.av.miniature import miniature_ave
from pipeline.reading import patiently
from pipeline.recipe.av_data import AnyAvData, AveData, EventsData, MiniatureEventsData


def read_clips(config: AnyAvData, workspace: Path) -> AvClips:
    """Read the clips that a recipe names; those of the miniature world are written below `workspace` first.

    Raises:
        DatasetError: the root does not hold the layout, or its lists contradict each other.
        MachineFault: the machine failed while it was read, or took too long.
    """
    if isinstance(config, MiniatureEventsData):  # drawn here, by this process
        return read_ave(miniature_ave(config, workspace), workspace)
    return patiently(lambda: _read(config, workspace))


def _read(config: AveData | EventsData, workspace: Path) -> AvClips:
    return read_events(config, workspace) if isinstance(config, EventsData) else read_ave(config, workspace)
