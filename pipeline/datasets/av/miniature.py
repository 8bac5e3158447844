"""Clips of the miniature world, written on demand into the workspace in AVE's own layout and read by AVE's reader."""

from pathlib import Path

from pipeline.miniature.world.classes import WORLD_VERSION
from pipeline.recipe.av_data import AveData, MiniatureEventsData
from stores import fingerprint


def miniature_ave(config: MiniatureEventsData, workspace: Path) -> AveData:
    """Where the clips lie; written first where they are not there yet.

    Raises:
        MiniatureError: the folder holds something else.
    """
    from pipeline.miniature.world.events_files import write_events

    sizes = {"train": config.train, "val": config.val, "test": config.test}
    root = workspace / "media" / f"events-{fingerprint([WORLD_VERSION, config.seed, sizes])[:8]}"
    return AveData(layout="ave", root=write_events(root, config.seed, sizes))
