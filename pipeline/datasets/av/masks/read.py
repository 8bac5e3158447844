"""From the `data` part of a recipe of sounding objects to clips."""

from pathlib import Path

from pipeline.datasets.av.masks.clips import MaskClips
from pipeline.datasets.av.masks.miniature import read_miniature
from pipeline.datasets.av.masks.ms3 import read_ms3
from pipeline.datasets.av.masks.own import read_own_masks
from pipeline.datasets.av.masks.s4 import read_s4
from pipeline.reading import patiently
from pipeline.recipe.mask_data import AnyMaskData, AvsMs3Data, AvsS4Data, MasksData, MiniatureMasksData


def read_mask_clips(config: AnyMaskData, workspace: Path) -> MaskClips:
    """Read the clips that a recipe names; those of the miniature world are written below `workspace` first.

    Raises:
        DatasetError: the root does not hold the layout, or its list is written otherwise.
        MachineFault: the machine failed while it was read, or took too long.
    """
    if isinstance(config, MiniatureMasksData):  # drawn here, by this process
        return read_miniature(config, workspace)
    return patiently(lambda: _read(config, workspace))


def _read(config: AvsS4Data | AvsMs3Data | MasksData, workspace: Path) -> MaskClips:
    match config:
        case AvsS4Data():
            return read_s4(config, workspace)
        case AvsMs3Data():
            return read_ms3(config, workspace)
        case MasksData():
            return read_own_masks(config, workspace)
