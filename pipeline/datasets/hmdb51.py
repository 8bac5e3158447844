"""HMDB51: 6,766 clips of 51 actions in a folder each, and three divisions in a list a class.

A line of a list is a clip's name and 1 (training), 2 (test) or 0 (in neither of this division). Names hold brackets, signs and
`!`, and no blanks.
"""

from collections.abc import Iterator

from pipeline.datasets.csv_rows import text_lines
from pipeline.datasets.errors import DatasetError
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.listing import folders, media_files
from pipeline.datasets.root import require
from pipeline.datasets.walk import listed
from pipeline.recipe.data import Hmdb51Data

_LISTS = "testTrainMulti_7030_splits"
_MARKS = {"train": "1", "test": "2"}


def read_hmdb51(config: Hmdb51Data) -> Iterator[LabelledFile]:
    """The clips of a division, class by class; `all` reads the folders and needs no list.

    Raises:
        DatasetError: the root does not hold the layout, or a list is none of HMDB51's.
    """
    clips = require(HMDB51, config.root, "hmdb51_org")
    if config.split == "all":
        for folder in folders(clips):
            yield from ((path, (folder.name,)) for path in media_files(folder, "video"))
        return
    part, end = config.split[:-2], f"_test_split{int(config.split[-2:])}.txt"
    lists = require(HMDB51, config.root, _LISTS)
    names = sorted(entry.name for entry in listed(lists) if entry.name.endswith(end))
    if not names:
        raise DatasetError(
            f"data: {lists} holds no list of this division: none ends with {end}. Unpack test_train_splits.rar there, whose "
            f"lists are called like brush_hair{end}"
        )
    for name in names:
        label = name.removesuffix(end)
        for number, line in enumerate(text_lines(lists / name), 1):
            clip, _, mark = line.rpartition(" ")
            where = f"{lists / name}, line {number}"
            if mark not in ("0", "1", "2") or not clip:
                raise DatasetError(
                    f"data: {where}: {line!r} is no clip with 0, 1 or 2 behind it. Take the list as its publisher gives it"
                )
            path = require_inside(clips / label, clip.strip(), where)
            if mark == _MARKS[part]:
                yield path, (label,)


HMDB51 = Layout(
    name="hmdb51",
    title="HMDB51",
    modality="video",
    label_set="hmdb51",
    config=Hmdb51Data,
    labelling="single",
    tree=f"""ROOT/
  hmdb51_org/
    brush_hair/
      April_09_brush_hair_u_nm_np1_ba_goo_0.avi
  {_LISTS}/  (for train01 … test03 only)
    brush_hair_test_split1.txt""",
    download="hmdb51_org.rar from serre-lab.clps.brown.edu (HMDB), unpacked in ROOT/hmdb51_org, and each of the 51 archives in "
    f"it; test_train_splits.rar, unpacked in ROOT/{_LISTS}, for the divisions",
    disk="2 GB",
    paper="MOV, not TaAM-CPT: all clips among all 51 names, or those of ten drawn halves",
    count=6_766,
    files=read_hmdb51,
)
