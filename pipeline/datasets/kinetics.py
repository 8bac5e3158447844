"""Kinetics-400, -600 and -700: a list of clips beside a folder of videos, of which some always are gone.

Clips are named `{youtube id}_{start:06d}_{end:06d}.mp4`, in one folder or in a folder a class.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, product

from pipeline.datasets.csv_rows import csv_rows
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.listing import names_below
from pipeline.datasets.root import require
from pipeline.media.formats import EXTENSIONS
from pipeline.recipe.data import KineticsData

_SUFFIXES = (".mp4", ".mkv", ".webm", ".avi")
_COLUMNS = ("youtube_id", "time_start", "time_end")


def read_kinetics(config: KineticsData) -> Iterator[LabelledFile]:
    """The clips of a split in the order of its list, those whose video is gone included.

    Raises:
        DatasetError: the root does not hold the layout, or the list is no Kinetics list.
    """
    layout, split = KINETICS[config.layout], config.split
    names = [split, "validate"] if split == "val" else [split]
    lists = [f"{folder}{name}.{end}" for folder in ("annotations/", "") for name in names for end in ("csv", "txt")]
    annotations, videos = require(layout, config.root, *lists), require(layout, config.root, split)
    there = names_below(videos)
    for number, row in islice(csv_rows(annotations, _COLUMNS), 0, None, config.every):
        label = row.get("label", "")
        try:
            stem, suffix = _clip_name(row)
        except ValueError as error:
            raise DatasetError(
                f"data: {annotations}, line {number}: time_start and time_end are seconds; {error}."
            ) from None
        places = ["", f"{label}/", f"{label.replace(' ', '_')}/"]
        known = (f"{place}{stem}{end}" for place, end in product(places, (suffix,) if suffix else _SUFFIXES))
        expected = f"{places[config.layout == 'kinetics700']}{stem}{suffix or '.mp4'}"
        name = next((name for name in known if name in there), expected)
        yield require_inside(videos, name, f"{annotations}, line {number}"), (label,) if label else ()


def _clip_name(row: dict[str, str]) -> tuple[str, str]:
    """Stem and suffix; a list that was made for a folder of clips may name files instead of YouTube ids."""
    name = row["youtube_id"]
    stem, dot, suffix = name.rpartition(".")
    if f".{suffix.lower()}" in EXTENSIONS["video"]:
        return stem, dot + suffix
    return f"{name}_{int(float(row['time_start'])):06d}_{int(float(row['time_end'])):06d}", ""


_ALIASES = {"capoeira dancing": "capoeira", "barbecuing": "barbequing", "dying hair": "dyeing hair"}
_K400 = Layout(
    name="kinetics400",
    title="Kinetics-400",
    modality="video",
    label_set="kinetics400",
    config=KineticsData,
    labelling="single",
    tree="""ROOT/
  annotations/
    val.csv                    (label,youtube_id,time_start,time_end,split)
  val/
    0wR5jVB-WPk_000417_000427.mp4""",
    download="the validation archives and val.csv of Kinetics-400, as github.com/cvdfoundation/kinetics-dataset lists them",
    disk="30 GB (val)",
    paper="the whole validation list; the code judges every 10th line (every: 10)",
    aliases=_ALIASES,
    files=read_kinetics,
)
_K600 = replace(
    _K400,
    name="kinetics600",
    title="Kinetics-600",
    label_set="kinetics600",
    download="the validation archives and val.txt of Kinetics-600, as github.com/cvdfoundation/kinetics-dataset lists them",
    disk="45 GB (val)",
    paper="the whole validation list; in the code's list the second column is the file's name, which works too",
)
_K700 = replace(
    _K400,
    name="kinetics700",
    title="Kinetics-700 (2020)",
    label_set="kinetics700",
    tree="""ROOT/
  annotations/
    val.csv                    (label,youtube_id,time_start,time_end,split)
  val/
    abseiling/
      0wR5jVB-WPk_000417_000427.mp4""",
    download="the validation archives and val.csv of Kinetics-700-2020, as github.com/cvdfoundation/kinetics-dataset lists them",
    disk="55 GB (val)",
    paper="the whole validation list",
)
KINETICS = {layout.name: layout for layout in (_K400, _K600, _K700)}
