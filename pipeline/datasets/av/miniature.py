"""Clips of the miniature world, written on demand into the workspace in AVE's own layout and read by AVE's reader."""

from pathlib import Path

from pipeline.datasets.av.clips import SPLITS, AvClip, AvClips
from pipeline.datasets.rows import MediaRow
from pipeline.miniature.world.classes import WORLD_VERSION
from pipeline.miniature.world.events import EVENTS_VERSION
from pipeline.recipe.av_data import AveData, MiniatureEventsData
from stores import fingerprint, text_key


def miniature_ave(config: MiniatureEventsData, workspace: Path) -> AveData:
    """Where the clips lie; written first where they are not there yet.

    Raises:
        MiniatureError: the folder holds something else.
    """
    from pipeline.miniature.world.events_files import write_events

    return AveData(layout="ave", root=write_events(miniature_root(config, workspace), config.seed, _sizes(config)))


def miniature_root(config: MiniatureEventsData, workspace: Path) -> Path:
    """The folder of the clips, written or not."""
    version = [WORLD_VERSION, EVENTS_VERSION, config.seed, _sizes(config)]
    return workspace / "media" / f"events-{fingerprint(version)[:8]}"


def undrawn_clips(config: MiniatureEventsData, workspace: Path) -> AvClips:
    """As many clips as there will be, for a plan: their files have keys of their names, and nothing is labelled yet."""
    from pipeline.miniature.world.events import EVENT_CLASSES, SECONDS

    root, clips = miniature_root(config, workspace), list[AvClip]()
    for split in SPLITS:
        for number in range(_sizes(config)[split]):
            name = f"{split}{number:06d}"
            path = root / "AVE" / f"{name}.mp4"
            row = MediaRow(text_key(f"{root.name}/{name}"), str(path), ())
            labels = (len(EVENT_CLASSES),) * SECONDS
            clips.append(AvClip(text_key(f"row {len(clips)} of {name}"), name, row, row, labels, split, len(clips)))
    return AvClips(EVENT_CLASSES, SECONDS, tuple(clips))


def _sizes(config: MiniatureEventsData) -> dict[str, int]:
    return {"train": config.train, "val": config.val, "test": config.test}
