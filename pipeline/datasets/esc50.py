"""ESC-50: 2,000 recordings of five seconds, 50 classes, with a table that names each one's class and fold."""

from collections.abc import Iterator

from pipeline.datasets.csv_rows import csv_rows
from pipeline.datasets.inside import require_inside
from pipeline.datasets.layout import LabelledFile, Layout
from pipeline.datasets.root import require
from pipeline.recipe.data import Esc50Data


def read_esc50(config: Esc50Data) -> Iterator[LabelledFile]:
    """The recordings of the chosen folds, in the order of the table.

    Raises:
        DatasetError: the root does not hold the layout.
    """
    table, audio = require(ESC50, config.root, "meta/esc50.csv"), require(ESC50, config.root, "audio")
    folds = {str(fold) for fold in config.folds}
    for number, row in csv_rows(table, ("filename", "fold", "category")):
        if row["fold"] in folds:
            path = require_inside(audio, row["filename"], f"{table}, line {number}")
            yield path, (row["category"].replace("_", " "),)


ESC50 = Layout(
    name="esc50",
    title="ESC-50",
    modality="audio",
    label_set="esc50",
    config=Esc50Data,
    labelling="single",
    tree="""ROOT/                            (ESC-50-master)
  meta/
    esc50.csv                  (filename,fold,target,category,esc10,src_file,take)
  audio/
    1-100032-A-0.wav""",
    download="the archive of github.com/karolpiczak/ESC-50; ROOT is its folder ESC-50-master",
    disk="0.9 GB",
    paper="all 2,000 recordings, no folds",
    count=2_000,
    aliases={"airplane": "aeroplane", "keyboard typing": "keyboard"},
    files=read_esc50,
)
