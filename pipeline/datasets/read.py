"""From the `data` part of a recipe to rows with keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.coco import read_coco
from pipeline.datasets.file_keys import FileKeys
from pipeline.datasets.folder import read_folder, unknown_folders
from pipeline.datasets.rows import MediaRow
from pipeline.datasets.tables import read_table
from pipeline.recipe.data import CocoData, FolderData, MiniatureData, TableData


@dataclass(frozen=True)
class Source:
    """What a reader found.

    Attributes:
        rows: readable files, in the layout's order; a file that lies twice is two rows with one key.
        unreadable: (path, reason) of files that are named but cannot be opened.
        left_out: names of sub-folders that are no class of the run.
    """

    rows: tuple[MediaRow, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()


Config = FolderData | TableData | CocoData | MiniatureData


def read_rows(config: Config, modality: str, labels: Sequence[str], workspace: Path) -> Source:
    """Read a modality's media.

    Labels that are not among `labels` are dropped from the rows; media of the miniature world is written first.

    Raises:
        DatasetError: the root does not hold the layout.
    """
    keys = FileKeys(workspace / "cache" / "file-keys.json")
    known = set(labels)
    rows, unreadable = [], []
    for path, names in _files(config, modality, labels, workspace):
        try:
            key = keys.key(path)
        except OSError as error:
            unreadable.append((str(path), error.strerror or str(error)))
            continue
        rows.append(MediaRow(key, str(path), tuple(name for name in names if name in known)))
    keys.save()
    left_out = unknown_folders(config.root, labels) if isinstance(config, FolderData) else []
    return Source(tuple(rows), tuple(unreadable), tuple(left_out))


def _files(
    config: Config, modality: str, labels: Sequence[str], workspace: Path
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    if isinstance(config, FolderData):
        return read_folder(config.root, modality, labels)
    if isinstance(config, TableData):
        return read_table(config.file)
    if isinstance(config, CocoData):
        return read_coco(config.annotations, config.root)
    from pipeline.datasets.miniature import read_miniature

    return read_miniature(config, modality, labels, workspace)
