"""Motions of the miniature world, written on demand into the workspace in UCF101's own layout and read by UCF101's reader."""

from pathlib import Path

from pipeline.datasets.open_video.clips import Clips, VideoSets
from pipeline.datasets.rows import MediaRow
from pipeline.miniature.world.classes import WORLD_VERSION
from pipeline.recipe.data import Ucf101Data
from pipeline.recipe.video_data import MiniatureVideos
from stores import fingerprint, text_key


def written_motions(config: MiniatureVideos, workspace: Path) -> Path:
    """The folder of the clips; they are written first where they are not there yet.

    Raises:
        MiniatureError: the folder holds something else.
    """
    from pipeline.miniature.world.reversals_files import write_reversals

    return write_reversals(motions_root(config, workspace), config.seed, _sizes(config))


def motions_root(config: MiniatureVideos, workspace: Path) -> Path:
    """The folder of the clips, written or not."""
    from pipeline.miniature.world.reversals import REVERSALS_VERSION

    version = [WORLD_VERSION, REVERSALS_VERSION, config.seed, _sizes(config)]
    return workspace / "media" / f"motions-{fingerprint(version)[:8]}"


def motion_names() -> tuple[str, ...]:
    """All classes; two that follow each other are each other's reverse."""
    from pipeline.miniature.world.reversals import REVERSAL_CLASSES

    return REVERSAL_CLASSES


def with_whole_pairs(config: MiniatureVideos) -> MiniatureVideos:
    """Where nobody names the halves they are the world's: a motion and its reverse are both base, or both novel."""
    from pipeline.miniature.world.reversals import BASE_CLASSES, NOVEL_CLASSES

    if config.base is not None or config.novel is not None:
        return config
    return config.model_copy(update={"base": BASE_CLASSES, "novel": NOVEL_CLASSES})


def part_of(root: Path, part: str) -> Ucf101Data:
    """Train or test clips, as UCF101's reader takes them."""
    return Ucf101Data(layout="ucf101", root=root, split="train01" if part == "train" else "test01")


def undrawn_sets(config: MiniatureVideos, workspace: Path, base: tuple[str, ...], novel: tuple[str, ...]) -> VideoSets:
    """As many clips as there will be, for a plan: their files have keys of their names."""
    root = motions_root(config, workspace)

    def clips(classes: tuple[str, ...], part: str) -> Clips:
        from pipeline.miniature.world.reversals_files import clip_names

        listed = [(label, path) for label, path in clip_names(_sizes(config), part) if label in classes]
        rows = [
            MediaRow(text_key(f"{root.name}/{path}"), str(root / "UCF-101" / path), (label,)) for label, path in listed
        ]
        return Clips(classes, tuple(rows))

    return VideoSets(clips(base, "train"), {"base": clips(base, "test"), "novel": clips(novel, "test")})


def _sizes(config: MiniatureVideos) -> dict[str, int]:
    return {"train": config.train_per_class, "test": config.test_per_class}
