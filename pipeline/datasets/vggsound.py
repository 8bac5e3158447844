"""VGGSound: a list without a header beside a folder of clips of ten seconds, of which some always are gone.

Clips are named `{youtube id}_{start:06d}.mp4`. Labels hold commas, brackets and slips of the pen, and are taken as they are.
"""

from collections.abc import Iterator

from pipeline.datasets.csv_rows import csv_rows
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.listing import names_below
from pipeline.datasets.root import require
from pipeline.recipe.data import VggSoundData

_COLUMNS = ("youtube_id", "start_s", "label", "split")
_SUFFIXES = (".mp4", ".mkv", ".webm", ".avi")


def read_vggsound(config: VggSoundData) -> Iterator[LabelledFile]:
    """The clips of a split in the order of the list, those whose video is gone included.

    Raises:
        DatasetError: the root does not hold the layout, or the list is none of VGGSound's.
    """
    table = require(VGGSOUND, config.root, "vggsound.csv")
    videos = require(VGGSOUND, config.root, "video", "videos")
    there = names_below(videos)
    for number, row in csv_rows(table, _COLUMNS, header=False):
        where = f"{table}, line {number}"
        start, split = row["start_s"].strip(), row["split"].strip()
        if not start.isdecimal() or split not in ("train", "test"):
            raise DatasetError(
                f"data: {where}: {start!r}, {split!r}: a start in whole seconds and train or test are expected behind id and "
                "label. Take vggsound.csv as its publisher gives it, without a header"
            )
        if split == config.split:
            stem = f"{row['youtube_id']}_{int(start):06d}"
            name = next((stem + end for end in _SUFFIXES if stem + end in there), f"{stem}.mp4")
            yield require_inside(videos, name, where), (row["label"],)


VGGSOUND = Layout(
    name="vggsound",
    title="VGGSound",
    modality="video",
    label_set="vggsound",
    config=VggSoundData,
    labelling="single",
    tree="""ROOT/
  vggsound.csv                 (no header: id,start,"label",train or test)
  video/
    ---g-f_I2yQ_000001.mp4""",
    download="vggsound.csv from robots.ox.ac.uk/~vgg/data/vggsound, and the clips that it lists, cut to ten seconds, in "
    "ROOT/video",
    disk="300 GB",
    paper="MOV, not TaAM-CPT: the test clips of 154 base and 155 novel classes",
    files=read_vggsound,
)
