"""Media of the miniature world, written on demand into the workspace as ordinary files in ordinary layouts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.datasets.coco import read_coco
from pipeline.datasets.folder import read_folder
from pipeline.miniature.world.classes import WORLD_VERSION
from pipeline.recipe.data import MiniatureData
from stores import fingerprint


def read_miniature(
    config: MiniatureData, modality: str, labels: Sequence[str], workspace: Path
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """(file, labels) of a modality's media; written first where it is not there yet."""
    root = miniature_root(config, modality, labels, workspace)
    if not root.exists():  # a folder appears whole or not at all
        _write(config, modality, labels, root)
    if modality == "image":
        return read_coco(root / "annotations" / "instances.json", root / "images")
    return read_folder(root, modality, labels)


def _write(config: MiniatureData, modality: str, labels: Sequence[str], root: Path) -> None:
    from pipeline.miniature.world import write_images, write_sounds, write_videos

    if modality == "image":
        write_images(root, config.seed, config.per_class * len(labels), classes=labels)
    else:
        write = write_sounds if modality == "audio" else write_videos
        write(root, config.seed, config.per_class, classes=labels)


def miniature_root(config: MiniatureData, modality: str, labels: Sequence[str], workspace: Path) -> Path:
    """The folder of a modality's media.

    A class's files do not depend on which other classes are drawn: more labels give a new folder, but old keys.
    """
    request = [WORLD_VERSION, config.seed, config.per_class, list(labels)]
    return workspace / "media" / f"{modality}-{fingerprint(request)[:8]}"
