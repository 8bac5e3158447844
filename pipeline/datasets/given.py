"""Files that somebody names to be judged: a folder stands for the media in it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.datasets.aside import Aside, Tally, What
from pipeline.datasets.companions import sorted_out
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.walk import files_below, is_folder
from pipeline.media.kinds import named_kind


def given_files(paths: Sequence[Path], modalities: Iterable[str]) -> tuple[list[Path], tuple[Aside, ...]]:
    """The files to judge, and counts of what lies beside them in the folders.

    A folder's files come in sorted order, those of its visible sub-folders included. A folder that may not be read, or holds
    nothing to judge, comes as itself. What is named by itself always comes, whatever it is.

    Args:
        paths: files and folders.
        modalities: that can be judged.
    """
    known, tally = list(modalities), Tally()
    files: list[Path] = []
    for path in paths:
        found = list(_below(path, known, tally)) if is_folder(path) else []
        files += found or [path]
    return files, tally.told()


def _below(folder: Path, modalities: Sequence[str], tally: Tally) -> Iterable[Path]:
    try:
        found = list(files_below(folder))
    except DatasetError:
        return
    for path in found:
        aside = _aside(path, folder, modalities)
        if aside is None:
            yield path
        else:
            tally.add(*aside, str(path))


def _aside(path: Path, folder: Path, modalities: Sequence[str]) -> tuple[What, str] | None:
    first: tuple[What, str] | None = None
    for modality in modalities:
        if modality == "text" and named_kind(path) != "text":  # a text is told by its name only
            continue
        aside = sorted_out(path, modality, str(path.relative_to(folder)))
        if aside is None:
            return None
        first = first or aside
    return first or ("strange", "no text")
