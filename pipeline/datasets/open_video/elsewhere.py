"""Other data sets that what was learned is judged on, without learning: all of their classes, or drawn halves of them."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.datasets.errors import DatasetError
from pipeline.datasets.open_video.clips import Clips
from pipeline.datasets.open_video.halves import drawn_names
from pipeline.datasets.open_video.read import clips_of
from pipeline.datasets.registry import LAYOUTS
from pipeline.labels import load_labels
from pipeline.recipe.video_data import ElsewhereVideos


@dataclass(frozen=True)
class Elsewhere:
    """A data set that is judged.

    Attributes:
        whole: all of its clips.
        exams: name of an exam -> the clips that are judged among their own names: one exam of all, or one for each drawn half.
    """

    whole: Clips
    exams: dict[str, Clips]


def read_elsewhere(name: str, config: ElsewhereVideos, workspace: Path, draw: bool = True) -> Elsewhere:
    """Read its clips.

    Args:
        name: of the recipe.
        config: which data set, and which of its classes together.
        workspace: where hashes of files are remembered.
        draw: false of a plan, which does without the clips of published data sets that are not downloaded yet.

    Raises:
        DatasetError: the root does not hold the layout, a clip shows several classes, or nothing names the classes.
    """
    classes = _classes(name, config)
    to_come = None if draw else _to_come(config)
    whole = Clips(classes, (), to_come=to_come) if to_come else clips_of(config.data, classes, workspace)
    if not config.halves:
        return Elsewhere(whole, {name: whole})
    return Elsewhere(whole, {f"{name}/half {half}": _half(whole, half) for half in range(config.halves)})


def _classes(name: str, config: ElsewhereVideos) -> tuple[str, ...]:
    said = config.labels
    if said is None:
        said = LAYOUTS[config.data.layout].label_set if config.data.layout in LAYOUTS else None
    if said is None:
        raise DatasetError(
            f"judge_on: {name}: layout '{config.data.layout}' has no class names of its own. Write labels: a list, or a file"
        )
    return tuple(load_labels(said if isinstance(said, str) else list(said)))


def _half(whole: Clips, draw: int) -> Clips:
    """The clips of one half of the classes; one more of an odd number, as of base classes."""
    count = -(-len(whole.classes) // 2)
    chosen = set(drawn_names(whole.classes, draw, count))
    rows = tuple(row for row in whole.rows if row.labels[0] in chosen)
    names = tuple(name for name in whole.classes if name in chosen)
    return Clips(names, rows, to_come=round(whole.to_come * count / len(whole.classes)))


def _to_come(config: ElsewhereVideos) -> int | None:
    """Clips of a published data set whose folder is not there, where their number is known."""
    layout, root = LAYOUTS.get(config.data.layout), getattr(config.data, "root", None)
    if layout is None or layout.count is None or root is None or Path(root).exists():
        return None
    default = all(getattr(config.data, name) == value for name, value in layout.options().items())
    return layout.count if default else None
