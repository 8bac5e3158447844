"""Files and texts of any modality as a few-shot data set: one part that shots are drawn from, one that is judged."""

from pathlib import Path

from pipeline.datasets.few_shot.rows import Row, Split
from pipeline.datasets.miniature import miniature_root
from pipeline.datasets.read import read_rows
from pipeline.labels import load_labels
from pipeline.recipe.data import MiniatureData, shows_several
from pipeline.tasks.few_shot.data import PartsData
from pipeline.tasks.few_shot.errors import FewShotError

_SHOWN = 5


def parts_split(data: PartsData, modality: str, workspace: Path, split: str, draw: bool = True) -> Split:
    """The rows of "train" or "test", each of one class; paths are absolute, of texts they are the texts.

    Media of the miniature world are drawn where they are not there yet, unless only a plan is asked for.

    Raises:
        DatasetError: the root does not hold the layout, or nothing of the modality.
        FewShotError: files cannot be read, or show several classes.
    """
    config, classes = (data.learn if split == "train" else data.judge), tuple(load_labels(data.labels))
    where = "learn" if split == "train" else "judge"
    if shows_several(config, modality):
        raise FewShotError(
            f"data: {where}: layout '{config.layout}' has several classes a file, and a shot is of one. Take another layout"
        )
    numbers = {name: i for i, name in enumerate(classes)}
    if isinstance(config, MiniatureData) and not draw:
        root = miniature_root(config, modality, classes, workspace)
        if not root.exists():
            undrawn = [Row(f"{name}/{n:04}", numbers[name], name) for name in classes for n in range(config.per_class)]
            return Split(root, classes, tuple(undrawn))
    found = read_rows(config, modality, classes, workspace)
    several = [row.path for row in found.rows if len(row.labels) > 1]
    if found.unreadable or several:
        lines = [f"{path}: {reason}" for path, reason in found.unreadable]
        lines += [f"{path}: of several classes" for path in several]
        shown = "".join(f"\n  {line}" for line in lines[:_SHOWN]) + ("\n  …" if len(lines) > _SHOWN else "")
        raise FewShotError(
            f"data: {where}: {len(lines)} of {len(found.rows) + len(found.unreadable)} files are no labelled {modality}:{shown}\n"
            "Figures of other files could not be compared; mend them, or take them out of the data set"
        )
    rows = [Row(row.path, numbers[row.labels[0]], row.labels[0]) for row in found.rows if row.labels]
    return Split(Path("/"), classes, tuple(rows))
