"""Clips of the miniature world, written on demand into the workspace in AVSBench's own layouts and read by their readers."""

from pathlib import Path

from pipeline.datasets.av.listed import SPLITS
from pipeline.datasets.av.masks.avsbench import SEGMENTS
from pipeline.datasets.av.masks.clips import MaskClip, MaskClips
from pipeline.datasets.av.masks.ms3 import read_ms3
from pipeline.datasets.av.masks.published import promised_clip
from pipeline.datasets.av.masks.s4 import read_s4
from pipeline.miniature.world.classes import WORLD_VERSION
from pipeline.miniature.world.events import EVENTS_VERSION
from pipeline.miniature.world.masks import MASKS_VERSION
from pipeline.recipe.mask_data import AvsMs3Data, AvsS4Data, MiniatureMasksData
from stores import fingerprint


def read_miniature(config: MiniatureMasksData, workspace: Path) -> MaskClips:
    """The clips; they are written first where they are not there yet.

    Raises:
        MiniatureError: the folder holds something else.
    """
    from pipeline.miniature.world.masks_files import write_masks

    root = write_masks(miniature_masks_root(config, workspace), config.seed, _sizes(config), config.form)
    if config.form == "s4":
        return read_s4(AvsS4Data(layout="avsbench-s4", root=root), workspace, workers=0)
    return read_ms3(AvsMs3Data(layout="avsbench-ms3", root=root), workspace, workers=0)


def miniature_masks_root(config: MiniatureMasksData, workspace: Path) -> Path:
    """The folder of the clips, written or not."""
    version = [WORLD_VERSION, EVENTS_VERSION, MASKS_VERSION, config.seed, config.form, _sizes(config)]
    return workspace / "media" / f"masks-{fingerprint(version)[:8]}"


def undrawn_mask_clips(config: MiniatureMasksData, workspace: Path) -> MaskClips:
    """As many clips as there will be, for a plan: their files have keys of their names, and nothing is drawn yet."""
    root, clips = miniature_masks_root(config, workspace), list[MaskClip]()
    for split in SPLITS:
        given = 1 if config.form == "s4" and split == "train" else SEGMENTS
        for number in range(_sizes(config)[split]):
            clips.append(promised_clip(root, f"{split}{number:06d}", split, len(clips), given))
    return MaskClips(SEGMENTS, tuple(clips), "half" if config.form == "s4" else "nonzero")


def _sizes(config: MiniatureMasksData) -> dict[str, int]:
    return {"train": config.train, "val": config.val, "test": config.test}
