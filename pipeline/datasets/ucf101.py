"""UCF101: 13,320 clips of 101 actions in folders named in CamelCase (`ApplyEyeMakeup`).

The clips of one folder are spelled differently from it (`HandstandPushups/v_HandStandPushups_g01_c01.avi`), so the
class is always the folder's name.
"""

from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.csv_rows import text_lines
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.listing import folders, media_files
from pipeline.datasets.root import require
from pipeline.recipe.data import Ucf101Data


def read_ucf101(config: Ucf101Data) -> Iterator[LabelledFile]:
    """The clips of a division, in the order of its list; `all` reads the folders and needs no list.

    Raises:
        DatasetError: the root does not hold the layout.
    """
    clips = require(UCF101, config.root, "UCF-101")
    if config.split == "all":
        for folder in folders(clips):
            yield from ((path, (folder.name,)) for path in media_files(folder, "video"))
        return
    name = f"ucfTrainTestlist/{config.split[:-2]}list{config.split[-2:]}.txt"
    listed = require(UCF101, config.root, name)
    for number, line in enumerate(text_lines(listed), 1):
        clip = line.split()[0]  # training lists end with the class number
        yield require_inside(clips, clip, f"{listed}, line {number}"), (Path(clip).parent.name,)


UCF101 = Layout(
    name="ucf101",
    title="UCF101",
    modality="video",
    label_set="ucf101",
    config=Ucf101Data,
    labelling="single",
    tree="""ROOT/
  UCF-101/
    ApplyEyeMakeup/
      v_ApplyEyeMakeup_g01_c01.avi
  ucfTrainTestlist/            (for train01 … test03 only)
    testlist01.txt""",
    download="UCF101.rar from crcv.ucf.edu/data/UCF101.php, unpacked in ROOT; UCF101TrainTestSplits for the divisions",
    disk="7 GB",
    paper="all 13,320 clips; the released code has no loader",
    count=13_320,
    files=read_ucf101,
)
